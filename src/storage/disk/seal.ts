import { crc32 } from 'node:zlib';
import { NewerFormatError } from '../../util/newer-format.js';

/**
 * The first line of every file of the spool and of the embedded log, and all of the small ones: who wrote it, what it is, the
 * version of its format, facts as JSON, and the CRC-32 of all that is before. `head -1 FILE` shows it. The line is read the
 * same way in every version to come: so that a version is known to be newer, and not taken for damage.
 */
export type FileKind = 'journal' | 'done' | 'acked' | 'unanswered' | 'log' | 'silence';

const version = 1;
/** A line is not longer. */
export const longestSeal = 64 * 1024;
const start = 'webhook-gateway ';
const pattern = /^webhook-gateway ([a-z]+) (\d+) (\{.*\}) ([0-9a-f]{8})$/s;

export interface Sealed {
  readonly kind: string;
  readonly facts: unknown;
  /** Of the line, its end included. */
  readonly bytes: number;
}

export function seal(kind: FileKind, facts: object): string {
  const text = `${start}${kind} ${version} ${JSON.stringify(facts)} `;
  return `${text}${toHex(crc32(text))}\n`;
}

/** The line that the bytes begin with; undefined: there is none that is whole. Throws a `NewerFormatError`. */
export function unseal(bytes: Buffer, path: string): Sealed | undefined {
  const end = bytes.subarray(0, longestSeal).indexOf('\n');
  const [, kind, found, facts, sum] = pattern.exec(bytes.toString('utf8', 0, Math.max(0, end))) ?? [];
  if (kind === undefined || found === undefined || facts === undefined || sum === undefined) return undefined;
  if (toHex(crc32(bytes.subarray(0, end - sum.length))) !== sum) return undefined;
  if (Number(found) > version) throw new NewerFormatError(path, found, version);
  return { kind, facts: JSON.parse(facts), bytes: end + 1 };
}

export function toHex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
