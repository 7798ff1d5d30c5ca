import { useEffect } from 'preact/hooks';
import type { SequencedRow, StreamDropped } from '../../contract.js';
import { having } from './client.js';
import { useLatest } from './hooks.js';

export interface StreamHandlers {
  /** Newest first. */
  readonly onRows: (rows: readonly SequencedRow[]) => void;
  readonly onDropped: (count: number) => void;
  readonly onState: (connected: boolean) => void;
}

/** Milliseconds between two paintings. */
const beat = 250;
/** Rows that are shown of a beat; what comes faster nobody can read, and it is counted as left out. */
const perBeat = 20;

const isRow = having<SequencedRow>('id', 'seq', 'at', 'outcome', 'events');
const isDropped = having<StreamDropped>('count');

/** Follows the live tail; undefined: there is none. The browser connects again by itself and says where it was. */
export function useStream(path: string | undefined, handlers: StreamHandlers): void {
  const latest = useLatest(handlers);
  useEffect(() => {
    if (path === undefined) return;
    let source: EventSource;
    let again: ReturnType<typeof setTimeout> | undefined;
    let rows: SequencedRow[] = [];
    function connect(address: string): void {
      source = new EventSource(address);
      source.addEventListener('open', () => latest.current.onState(true));
      source.addEventListener('error', () => {
        latest.current.onState(false);
        // What was answered with an error the browser does not ask for again.
        if (source.readyState === EventSource.CLOSED) again = setTimeout(() => connect(address), 3_000);
      });
      source.addEventListener('delivery', ({ data }) => {
        const row: unknown = JSON.parse(data);
        if (isRow(row)) rows.push(row);
      });
      source.addEventListener('dropped', ({ data }) => {
        const said: unknown = JSON.parse(data);
        if (isDropped(said)) latest.current.onDropped(said.count);
      });
    }
    connect(path);
    const timer = setInterval(() => {
      if (rows.length === 0) return;
      const shown = rows.slice(-perBeat).reverse();
      const left = rows.length - shown.length;
      rows = [];
      latest.current.onRows(shown);
      if (left > 0) latest.current.onDropped(left);
    }, beat);
    return () => {
      clearInterval(timer);
      clearTimeout(again);
      source.close();
    };
  }, [path, latest]);
}
