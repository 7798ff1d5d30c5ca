interface Row {
  readonly seq: string;
}

/** A list, newest first, that grows at its head. */
export interface Tail<R extends Row> {
  readonly rows: readonly R[];
  /** What has come while paused, newest first; shown when it goes on. */
  readonly waiting: readonly R[];
  readonly paused: boolean;
  /** Rows that the server or this page has left out. */
  readonly dropped: number;
  /** How many have come since the page was opened. */
  readonly arrived: number;
}

export type TailAction<R extends Row> =
  | { readonly type: 'loaded' | 'arrived' | 'older'; readonly rows: readonly R[] }
  | { readonly type: 'dropped'; readonly count: number }
  | { readonly type: 'pause' | 'resume' };

/** Rows that a table holds; more are had by loading older ones. */
export const mostLive = 500;
/** Rows that wait while paused: the server has them all. */
const mostWaiting = 1_000;

export const emptyTail = { rows: [], waiting: [], paused: false, dropped: 0, arrived: 0 } as const;

export function reduceTail<R extends Row>(tail: Tail<R>, action: TailAction<R>): Tail<R> {
  switch (action.type) {
    case 'loaded':
      return { ...tail, rows: action.rows, waiting: [], dropped: 0 };
    case 'older':
      return { ...tail, rows: [...tail.rows, ...unknown(action.rows, tail.rows)] };
    case 'arrived':
      return arrive(tail, action.rows);
    case 'dropped':
      return { ...tail, dropped: tail.dropped + action.count };
    case 'pause':
      return { ...tail, paused: true };
    case 'resume':
      return { ...tail, paused: false, waiting: [], rows: cut([...tail.waiting, ...tail.rows], tail.rows.length) };
  }
}

/** `rows`: newest first. */
function arrive<R extends Row>(tail: Tail<R>, rows: readonly R[]): Tail<R> {
  const fresh = unknown(rows, [...tail.waiting, ...tail.rows.slice(0, mostWaiting)]);
  if (fresh.length === 0) return tail;
  const arrived = tail.arrived + fresh.length;
  if (!tail.paused) return { ...tail, arrived, rows: cut([...fresh, ...tail.rows], tail.rows.length) };
  const all = [...fresh, ...tail.waiting];
  const dropped = tail.dropped + Math.max(0, all.length - mostWaiting);
  return { ...tail, arrived, dropped, waiting: all.slice(0, mostWaiting) };
}

/** What was loaded by hand stays, so that nobody loses the row that he reads. */
function cut<R>(rows: readonly R[], before: number): readonly R[] {
  return rows.slice(0, Math.max(mostLive, before));
}

/** The stream repeats a few rows after a reconnection. */
function unknown<R extends Row>(rows: readonly R[], known: readonly R[]): readonly R[] {
  const seen = new Set(known.map(({ seq }) => seq));
  return rows.filter(({ seq }) => !seen.has(seq));
}
