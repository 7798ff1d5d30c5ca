import { randomBytes } from 'node:crypto';
import type { Placement, Spooled } from '../../../core/model.js';
import { claimKey, type EventKeys } from '../keys.js';

/** What stands in the shared store for an event that was published. */
export interface Done {
  /** As in `EventKeys`. */
  readonly digest: string;
  readonly placement: Placement | Spooled;
}

/** What an event is called there: 22 characters that mean nothing to others. */
export function storeKey(keys: EventKeys): string {
  return Buffer.from(claimKey(keys), 'latin1').toString('base64url');
}

/** Gives claims that no other process has: `claim OWNER:NUMBER`. */
export function createClaimer(): () => string {
  const owner = randomBytes(9).toString('base64url');
  let count = 0;
  return () => `claim ${owner}:${count++}`;
}

/** `done DIGEST PARTITION OFFSET TOPIC` or `spooled DIGEST TOPIC`. */
export function writeDone({ digest, placement }: Done): string {
  if ('spooled' in placement) return `spooled ${digest} ${placement.topic}`;
  return `done ${digest} ${placement.partition} ${placement.offset} ${placement.topic}`;
}

/** Undefined: somebody claims the event, or a newer gateway says something about it that this one cannot read. */
export function readDone(value: string): Done | undefined {
  const [kind, digest = '', ...rest] = value.split(' ');
  if (kind === 'spooled' && rest[0]) return { digest, placement: { topic: rest[0], spooled: true } };
  const [partition = '', offset = '', topic] = rest;
  if (kind !== 'done' || !topic || !/^\d+$/.test(partition) || !/^\d+$/.test(offset)) return undefined;
  return { digest, placement: { topic, partition: Number(partition), offset: BigInt(offset) } };
}
