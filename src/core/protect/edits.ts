/** What stands in the place of the bytes [start, end). */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** As many bytes as are sooner copied one by one than by a call of native code. */
const near = 32;

/** The bytes with the edits made, which come in their order and do not overlap; the very same where there is none. */
export function applyEdits(bytes: Buffer, edits: readonly Edit[]): Buffer {
  if (edits.length === 0) return bytes;
  const growth = edits.reduce(
    (sum, { start, end, text }) => sum + Math.max(0, Buffer.byteLength(text) - (end - start)),
    0,
  );
  const room = Buffer.allocUnsafe(bytes.length + growth);
  let to = 0;
  let from = 0;
  for (const { start, end, text } of edits) {
    to = copy(bytes, from, start, room, to);
    to += room.write(text, to);
    from = end;
  }
  to = copy(bytes, from, bytes.length, room, to);
  return room.subarray(0, to);
}

function copy(bytes: Buffer, from: number, until: number, room: Buffer, to: number): number {
  if (until - from > near) return to + bytes.copy(room, to, from, until);
  for (let at = from; at < until; at++) room[to + at - from] = bytes[at] ?? 0;
  return to + until - from;
}
