/** The place of a row among those of all workers. */
export interface Seq {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Slot of the worker. */
  readonly worker: number;
  readonly number: number;
}

/** Below zero: `a` comes first. */
export function compareSeq(a: Seq, b: Seq): number {
  return a.time - b.time || a.worker - b.worker || a.number - b.number;
}

export function writeSeq({ time, worker, number }: Seq): string {
  return `${time.toString(36)}.${worker.toString(36)}.${number.toString(36)}`;
}

/** Undefined for what `writeSeq` does not write. */
export function readSeq(text: string): Seq | undefined {
  const parts = /^([\da-z]{1,9})\.([\da-z]{1,3})\.([\da-z]{1,10})$/.exec(text);
  if (parts === null) return undefined;
  const [time = 0, worker = 0, number = 0] = parts.slice(1).map((part) => Number.parseInt(part, 36));
  return { time, worker, number };
}

/** How far a reader has come with each worker: the last rows that it knows. */
export type Cursor = readonly Seq[];

export function writeCursor(cursor: Cursor): string {
  return cursor.map(writeSeq).join('~');
}

/** Undefined for what `writeCursor` does not write. */
export function readCursor(text: string): Cursor | undefined {
  if (text === '') return [];
  const seqs = text.split('~').map(readSeq);
  return seqs.every((seq) => seq !== undefined) ? seqs : undefined;
}
