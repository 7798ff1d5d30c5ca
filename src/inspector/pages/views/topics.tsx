import type { InspectorTopics, TopicAbout } from '../../contract.js';
import { isAbout, isTopics, routes } from '../browser/api.js';
import { useData, useNow } from '../browser/hooks.js';
import { formatBytes, formatCount, formatSpan } from '../state/format.js';
import { writePlace } from '../state/place.js';
import { Command, Empty, Shown } from './parts.js';
import { State } from './state.js';
import { type Column, type Line, Table } from './table.js';

/** Where records go, and what waits on disk for it. */
export function Topics() {
  const topics = useData(routes.topics, isTopics, 3_000);
  const now = useNow();
  return (
    <>
      <h1 tabIndex={-1}>Topics and spool</h1>
      <State now={now} />
      <Shown of={topics}>{(data) => <List of={data} />}</Shown>
    </>
  );
}

function List({ of: { topics: all } }: { of: InspectorTopics }) {
  const about = useData(routes.about, isAbout);
  if (all.length === 0) return <Empty title="No route names a topic." />;
  const topics = all.toSorted((a, b) => Number(a.deadLetters) - Number(b.deadLetters));
  const parked = topics.some((each) => each.parked > 0);
  return (
    <>
      {parked && (
        <p class="note">
          Kafka has refused records for good: they are parked. <Command>gateway spool list</Command> shows them,{' '}
          <Command>gateway spool retry</Command> sends them again.
        </p>
      )}
      <Table
        label="Topics"
        columns={about.data?.publisher === 'embedded' ? columns : kafkaColumns}
        lines={topics.map(toLine)}
        stacked
      />
      <p class="next">
        See the records of a topic: <Command>{`gateway tap ${topics[0]?.topic ?? ''}`}</Command>
      </p>
    </>
  );
}

const columns: readonly Column[] = [
  { title: 'Topic' },
  { title: 'Endpoints' },
  { title: 'Events since the start', number: true },
];

/** The embedded log needs no spool. */
const kafkaColumns: readonly Column[] = [
  ...columns,
  { title: 'Way to Kafka' },
  { title: 'Spooled', number: true },
  { title: 'Size', number: true },
  { title: 'Oldest', number: true },
  { title: 'Parked', number: true },
];

function toLine(of: TopicAbout): Line {
  const { topic, deadLetters, endpoints, hits, open, spooled, spooledBytes, oldestSeconds, parked } = of;
  return {
    key: topic,
    cells: [
      <>
        {topic}
        {deadLetters && <span class="under">dead letters</span>}
      </>,
      endpoints.join(', '),
      deadLetters ? <a href={writePlace({ page: 'dead-letters', query: {} })}>see dead letters</a> : formatCount(hits),
      open ? <span class="good">open</span> : <span class="bad">closed: records wait on disk</span>,
      formatCount(spooled),
      formatBytes(spooledBytes),
      spooled === 0 ? '–' : formatSpan(oldestSeconds * 1_000),
      <span key="parked" class={parked > 0 ? 'note' : ''}>
        {formatCount(parked)}
      </span>,
    ],
  };
}
