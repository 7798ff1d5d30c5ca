import type { InspectorConfig, RouteHits } from '../../contract.js';
import { formatCount, shorten } from '../state/format.js';
import { curve, describeEvents, describeHits, drawRoutes, longest, stateOf } from '../state/route-map.js';
import { Time, Where } from './parts.js';
import { type Column, type Line, Table } from './table.js';

interface Props {
  readonly routes: readonly RouteHits[];
  readonly unrouted: InspectorConfig['unrouted'];
  readonly now: number;
}

/** From event types to topics, for each endpoint: drawn, and as a table. */
export function Routes({ routes, unrouted, now }: Props) {
  const endpoints = [...new Set(routes.map(({ endpoint }) => endpoint))];
  return (
    <section>
      <h2>Routes</h2>
      <p class="muted">In the order in which they are tried: the first that fits takes the event.</p>
      {endpoints.map((endpoint) => (
        <OfEndpoint
          key={endpoint}
          endpoint={endpoint}
          routes={routes.filter((route) => route.endpoint === endpoint)}
          unrouted={unrouted.find((each) => each.endpoint === endpoint)?.types ?? []}
          now={now}
        />
      ))}
    </section>
  );
}

interface OfEndpointProps {
  readonly endpoint: string;
  readonly routes: readonly RouteHits[];
  readonly unrouted: readonly string[];
  readonly now: number;
}

function OfEndpoint({ endpoint, routes, unrouted, now }: OfEndpointProps) {
  return (
    <>
      <h3>{endpoint}</h3>
      <Drawing routes={routes} />
      <Table
        label={`Routes of ${endpoint}`}
        columns={columns}
        lines={routes.map((route) => toLine(route, now))}
        stacked
      />
      {unrouted.length > 0 && (
        <p class="note">No route takes: {unrouted.join(', ')}. These events become dead letters.</p>
      )}
    </>
  );
}

const columns: readonly Column[] = [
  { title: 'Event types' },
  { title: 'Topic' },
  { title: 'Key' },
  { title: 'Events since the start' },
  { title: 'Last' },
  { title: 'Written at' },
];

function toLine(of: RouteHits, now: number): Line {
  const { topic, when, key, place, lastHit, hits, types } = of;
  const state = stateOf(of);
  return {
    key: `${place.file} ${place.line} ${topic}`,
    ...(state === 'dead' && { class: 'dead' }),
    cells: [
      <>
        {describeEvents(of)}
        {when !== undefined && (
          <span class="under">
            when <code>{when}</code>
          </span>
        )}
        {types.length > 0 && of.events.length !== 1 && (
          <span class="under">{formatCount(types.length)} known types</span>
        )}
      </>,
      topic,
      key === undefined ? <span class="muted">subject, else id</span> : <code>{key}</code>,
      <span key="hits" class={state === 'taken' ? 'good' : state === 'dead' ? 'bad' : 'note'}>
        {state === 'taken' ? formatCount(hits) : describeHits(of)}
      </span>,
      lastHit === undefined ? '–' : <Time at={lastHit} now={now} age />,
      <Where key="place" place={place} />,
    ],
  };
}

const width = 900;
/** Of the lines. */
const reach = 230;

/** The table has all that it says. */
function Drawing({ routes }: { routes: readonly RouteHits[] }) {
  const { left, right, edges, height, start } = drawRoutes(routes);
  const end = start + reach;
  return (
    <svg class="routes" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {edges.map((edge) => (
        <path key={edge.title} class={edge.state} d={curve(edge, start, end)} stroke-width={edge.width}>
          <title>{edge.title}</title>
        </path>
      ))}
      {left.map(({ text, y }, index) => (
        <text key={`${index} ${text}`} class="from" x={start - 8} y={y}>
          {shorten(text, longest)}
        </text>
      ))}
      {right.map(({ text, y }) => (
        <text key={text} x={end + 8} y={y}>
          {shorten(text, 46)}
        </text>
      ))}
    </svg>
  );
}
