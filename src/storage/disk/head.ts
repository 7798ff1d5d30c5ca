import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { beginsWithFrame, type Framing, framingOf, oldFraming } from './frame.js';
import { type FileKind, seal, toHex, unseal } from './seal.js';

/** What the first line of a file of frames says. Its name says the last two again, so that damage of either is no loss. */
export interface Head {
  /** Whose frames they are, as `0/topics/orders`: a file that was put into another folder is recognised. */
  readonly stream: string;
  /** Number of the first frame. */
  readonly first: number;
  /** Eight hexadecimal digits of chance; the checksums of the file begin with them. */
  readonly salt: string;
}

/** How a file of frames is to be read. */
export interface Layout {
  readonly framing: Framing;
  /** Where the first frame begins. */
  readonly start: number;
  /** Its number. */
  readonly first: number;
}

export type FileIdentity =
  /** `guessed`: its first line is damaged, and this is what its name says. `old`: from before files had one. */
  | { readonly state: 'whole' | 'old' | 'guessed'; readonly layout: Layout }
  /** Nothing but the beginning of a first line: a crash has left it. */
  | { readonly state: 'unborn' }
  /** It belongs somewhere else, or it is nothing that the gateway has written. */
  | { readonly state: 'foreign' };

/** A first line is not longer: Kafka's names of topics have 249 characters at the most. */
const longestHead = 1_024;
const digits = 16;

/** Bytes of a file from an offset on, fewer at its end. */
export type Read = (offset: number, length: number) => Promise<Buffer>;

/** A new file whose first frame gets this number. Names sort by it. */
export function makeHead(
  stream: string,
  first: number,
  suffix: string,
): { readonly name: string; readonly head: Head } {
  const salt = toHex(randomBytes(4).readUInt32BE());
  return { name: `${String(first).padStart(digits, '0')}-${salt}${suffix}`, head: { stream, first, salt } };
}

export function encodeHead(kind: FileKind, head: Head): { readonly line: Buffer; readonly layout: Layout } {
  const line = Buffer.from(seal(kind, { stream: head.stream, first: head.first, salt: head.salt }));
  return { line, layout: { framing: framingIn(head), start: line.length, first: head.first } };
}

function framingIn({ stream, first, salt }: Head): Framing {
  return framingOf(`${stream}\n${first}\n${salt}`);
}

/** Finds out what a file is. Throws a `NewerFormatError`. */
export async function identifyFile(read: Read, path: string, kind: FileKind, stream: string): Promise<FileIdentity> {
  const bytes = await read(0, longestHead);
  const sealed = unseal(bytes, path);
  if (sealed !== undefined) {
    const head = readHead(sealed.facts);
    if (head === undefined || sealed.kind !== kind || head.stream !== stream) return { state: 'foreign' };
    return { state: 'whole', layout: { framing: framingIn(head), start: sealed.bytes, first: head.first } };
  }
  const name = basename(path);
  const said = readName(name);
  if (bytes.length >= 4 && beginsWithFrame(bytes)) return { state: 'old', layout: oldLayout(path) };
  if (said === undefined) return bytes.length === 0 ? { state: 'unborn' } : { state: 'foreign' };
  const { line, layout } = encodeHead(kind, { stream, ...said });
  if (bytes.length < line.length && line.subarray(0, bytes.length).equals(bytes)) return { state: 'unborn' };
  return { state: 'guessed', layout };
}

/** As a file without a first line is read. */
export function oldLayout(path: string): Layout {
  const name = basename(path);
  return { framing: oldFraming(name), start: 0, first: Number.parseInt(name, 10) || 0 };
}

function readName(name: string): Omit<Head, 'stream'> | undefined {
  const [, first, salt] = /^(\d{16})-([0-9a-f]{8})\./.exec(name) ?? [];
  return first === undefined || salt === undefined ? undefined : { first: Number(first), salt };
}

/** What the first line of any file of frames says, wherever the file lies; undefined: it has none that is whole. */
export function readAnyHead(bytes: Buffer, path: string): { kind: string; head: Head; layout: Layout } | undefined {
  const sealed = unseal(bytes, path);
  const head = readHead(sealed?.facts);
  if (sealed === undefined || head === undefined) return undefined;
  return { kind: sealed.kind, head, layout: { framing: framingIn(head), start: sealed.bytes, first: head.first } };
}

function readHead(facts: unknown): Head | undefined {
  if (typeof facts !== 'object' || facts === null) return undefined;
  const { stream, first, salt }: { stream?: unknown; first?: unknown; salt?: unknown } = facts;
  if (typeof stream !== 'string' || typeof salt !== 'string') return undefined;
  return typeof first === 'number' && Number.isSafeInteger(first) ? { stream, first, salt } : undefined;
}

/** How a file can be read of which only the name tells something. */
export function layoutsByName(path: string, kind: FileKind, stream: string): readonly Layout[] {
  const said = readName(basename(path));
  return [...(said === undefined ? [] : [encodeHead(kind, { stream, ...said }).layout]), oldLayout(path)];
}
