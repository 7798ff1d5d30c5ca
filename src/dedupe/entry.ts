import { createHash } from 'node:crypto';
import type { Placement, Spooled } from '../model.js';

/** Names an event of an endpoint in 16 bytes. Names of endpoints have no control characters. */
export function hashEvent(endpoint: string, id: string): Buffer {
  return createHash('sha256').update(`${endpoint}\0${id}`).digest().subarray(0, 16);
}

/**
 * Where an event lies, in a few bytes: index of the topic, then partition and offset unless it is spooled; each as LEB128
 * (https://en.wikipedia.org/wiki/LEB128#Unsigned_LEB128).
 */
export function encodePlacement(topic: number, placement: Placement | Spooled): Buffer {
  const bytes: number[] = [];
  appendNumber(bytes, topic);
  if (!('spooled' in placement)) {
    appendNumber(bytes, placement.partition);
    appendNumber(bytes, Number(placement.offset));
  }
  return Buffer.from(bytes);
}

/** The reverse; undefined where `topics` hasn't got the topic, or the bytes are damaged. */
export function decodePlacement(bytes: Buffer, topics: readonly string[]): Placement | Spooled | undefined {
  const [index = -1, partition, offset] = readNumbers(bytes);
  const topic = topics[index];
  if (topic === undefined) return undefined;
  if (partition === undefined || offset === undefined) return { topic, spooled: true };
  return { topic, partition, offset: BigInt(offset) };
}

/** Numbers up to 2^53, so no bit operators. */
function appendNumber(bytes: number[], number: number): void {
  let rest = number;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push(128 + (rest % 128));
  bytes.push(rest);
}

function readNumbers(bytes: Buffer): number[] {
  const numbers: number[] = [];
  let number = 0;
  let factor = 1;
  for (const byte of bytes) {
    number += (byte % 128) * factor;
    factor *= 128;
    if (byte >= 128) continue;
    numbers.push(number);
    number = 0;
    factor = 1;
  }
  return numbers;
}
