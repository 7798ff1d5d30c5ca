import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import type { DeliveryList, SequencedRow } from '../../contract.js';
import { isDeliveryList, routes } from '../browser/api.js';
import { get } from '../browser/client.js';
import { useData, useLatest, useNow } from '../browser/hooks.js';
import { useStream } from '../browser/stream.js';
import { listPath, readFilters } from '../state/filters.js';
import { count, formatAge, formatCount, formatSpan } from '../state/format.js';
import { total as sum } from '../state/outcomes.js';
import type { Query } from '../state/place.js';
import { emptyTail, reduceTail, type Tail, type TailAction } from '../state/tail.js';
import { Bars } from './chart.js';
import { DeliveryTable } from './delivery-table.js';
import { FilterForm } from './filter-form.js';
import { Command, Empty, Time, Trouble } from './parts.js';

/** The list of deliveries, which grows as they come. */
export function Deliveries({ query }: { query: Query }) {
  const address = listPath(routes.deliveries, readFilters(query));
  // What a list has is of its filters alone.
  return (
    <>
      <h1 tabIndex={-1}>Deliveries</h1>
      <FilterForm query={query} />
      <List key={address} query={query} />
    </>
  );
}

const page = 100;

function List({ query }: { query: Query }) {
  const filters = useMemo(() => readFilters(query), [query]);
  const now = useNow();
  const first = useData(listPath(routes.deliveries, filters, { limit: String(page) }), isDeliveryList);
  const sums = useData(listPath(routes.deliveries, filters, { limit: '1' }), isDeliveryList, 5_000);
  const [tail, dispatch] = useReducer<Tail<SequencedRow>, TailAction<SequencedRow>>(reduceTail, emptyTail);
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    if (first.data !== undefined) dispatch({ type: 'loaded', rows: first.data.rows });
  }, [first.data]);
  const follows = first.data !== undefined && filters.to === undefined;
  useStream(follows ? listPath(routes.stream, filters, { after: first.data.cursor }) : undefined, {
    onRows: (rows) => dispatch({ type: 'arrived', rows }),
    onDropped: (number) => dispatch({ type: 'dropped', count: number }),
    onState: setConnected,
  });
  const older = useOlder(filters, tail.rows, (rows) => dispatch({ type: 'older', rows }));
  const known = sums.data ?? first.data;
  if (first.data === undefined || known === undefined) return <Loading trouble={first.trouble} />;
  const total = Math.max(known.total, tail.rows.length);
  return (
    <>
      <Trouble of={sums.trouble} />
      <Histogram list={known} now={now} />
      <div class="toolbar sticky">
        {follows && <Live tail={tail} connected={connected} dispatch={dispatch} reload={first.reload} />}
        <p class="muted">
          {formatCount(total)} of {count(known.kept, 'kept delivery', 'kept deliveries')}
          {known.since !== undefined && `, the oldest of ${formatAge(known.since, now)}`}
        </p>
      </div>
      {tail.rows.length === 0 ? (
        <NoRows filtered={Object.keys(filters).length > 0} kept={known.kept} q={filters.q} />
      ) : (
        <DeliveryTable rows={tail.rows} query={query} now={now} />
      )}
      <Trouble of={older.trouble} />
      {tail.rows.length > 0 && tail.rows.length < total && (
        <button type="button" onClick={older.load}>
          Load older ones
        </button>
      )}
    </>
  );
}

function Loading({ trouble }: { trouble: Error | undefined }) {
  return trouble === undefined ? <p class="muted loading">Loading …</p> : <Trouble of={trouble} />;
}

/** Bars that a histogram has at least: before the first there was nothing. */
const fewestBars = 40;

/** Each bar is a step of time; below it stands what it spans. */
function Histogram({ list: { histogram, step }, now }: { list: DeliveryList; now: number }) {
  const [first] = histogram;
  if (first === undefined) return null;
  const series = histogram.map(({ counts }) => counts);
  const before = Math.max(0, fewestBars - series.length);
  const start = new Date(Date.parse(first.at) - before * step).toISOString();
  return (
    <figure>
      <Bars
        class="histogram"
        series={[...Array.from({ length: before }, () => ({})), ...series]}
        span={`Deliveries since ${formatAge(start, now)}`}
        width={960}
        height={64}
      />
      <figcaption>
        <Time at={start} now={now} age />
        <span>
          at most {formatCount(Math.max(...series.map(sum)))} in {formatSpan(step)}
        </span>
        <span>now</span>
      </figcaption>
    </figure>
  );
}

interface LiveProps {
  readonly tail: Tail<SequencedRow>;
  readonly connected: boolean;
  readonly dispatch: (action: TailAction<SequencedRow>) => void;
  readonly reload: () => void;
}

function Live({ tail: { paused, waiting, dropped, arrived }, connected, dispatch, reload }: LiveProps) {
  const state = paused ? `Paused, ${count(waiting.length, 'new delivery', 'new deliveries')}` : 'Live';
  return (
    <>
      <button
        type="button"
        data-key="pause"
        aria-pressed={paused}
        onClick={() => dispatch({ type: paused ? 'resume' : 'pause' })}
      >
        {paused ? 'Go on' : 'Pause'} <kbd>p</kbd>
      </button>
      <p class={connected ? 'live' : 'note'}>
        {connected ? state : 'The connection is lost; the browser is trying again'}
      </p>
      {dropped > 0 && (
        <p class="note">
          {count(dropped, 'delivery', 'deliveries')} came too fast to be shown.{' '}
          <button type="button" class="quiet" onClick={reload}>
            Load the list again
          </button>
        </p>
      )}
      <Announcement arrived={arrived} />
    </>
  );
}

/** Says how many have come, at most every ten seconds. */
function Announcement({ arrived }: { arrived: number }) {
  const [said, setSaid] = useState('');
  const latest = useLatest(arrived);
  const told = useRef(arrived);
  useEffect(() => {
    const timer = setInterval(() => {
      const fresh = latest.current - told.current;
      told.current = latest.current;
      if (fresh > 0) setSaid(`${count(fresh, 'new delivery', 'new deliveries')}`);
    }, 10_000);
    return () => clearInterval(timer);
  }, [latest]);
  return (
    <p class="unseen" aria-live="polite">
      {said}
    </p>
  );
}

function useOlder(
  filters: Query,
  rows: readonly SequencedRow[],
  add: (rows: readonly SequencedRow[]) => void,
): { readonly load: () => void; readonly trouble: Error | undefined } {
  const [trouble, setTrouble] = useState<Error>();
  const latest = useLatest({ rows, add });
  const load = useCallback(() => {
    const before = latest.current.rows.at(-1)?.seq ?? '';
    get(listPath(routes.deliveries, filters, { limit: String(page), before }), isDeliveryList).then(
      (list) => latest.current.add(list.rows),
      (error: unknown) => setTrouble(error instanceof Error ? error : new Error(String(error))),
    );
  }, [filters, latest]);
  return { load, trouble };
}

function NoRows({ filtered, kept, q }: { filtered: boolean; kept: number; q: string | undefined }) {
  if (!filtered) {
    return (
      <Empty title="No webhook has come yet.">
        <p>
          Send a signed example: <Command>gateway simulate send</Command>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No kept delivery fits the filter.">
      <p>
        {count(kept, 'delivery is', 'deliveries are')} kept here, the latest ones. What is older is in the topics:{' '}
        <Command>{`gateway find ${q ?? 'ID'}`}</Command>
      </p>
    </Empty>
  );
}
