import type { SequencedRow } from '../../contract.js';
import { summarize } from '../state/filters.js';
import { formatMs, shorten } from '../state/format.js';
import { type Query, writePlace } from '../state/place.js';
import { Name, Outcome, Time } from './parts.js';
import { type Column, type Line, Table } from './table.js';

interface Props {
  readonly rows: readonly SequencedRow[];
  readonly query: Query;
  readonly now: number;
}

const columns: readonly Column[] = [
  { title: 'Time' },
  { title: 'Outcome' },
  { title: 'Endpoint', level: 2 },
  { title: 'Event type' },
  { title: 'Event id', level: 2 },
  { title: 'Topic', level: 3 },
  { title: 'Status', level: 2, number: true },
  { title: 'Time taken', level: 2, number: true },
];

export function DeliveryTable({ rows, query, now }: Props) {
  return (
    <Table label="Deliveries, newest first" columns={columns} lines={rows.map((row) => toLine(row, query, now))} />
  );
}

function toLine(row: SequencedRow, query: Query, now: number): Line {
  const { type, id, topic, others } = summarize(row);
  return {
    key: row.seq,
    cells: [
      <a key="time" data-row href={writePlace({ page: 'deliveries', id: row.id, query })}>
        <Time at={row.at} now={now} />
      </a>,
      <Outcome key="outcome" of={row.outcome} reason={row.reason} />,
      row.endpoint === '' ? <code>{row.path}</code> : row.endpoint,
      <>
        {type === '' ? <span class="muted">–</span> : <Name>{type}</Name>}
        {others > 0 && <span class="muted"> and {others} more</span>}
      </>,
      <code key="id" title={id}>
        {shorten(id, 28)}
      </code>,
      <Name key="topic">{topic}</Name>,
      row.status,
      formatMs(row.ms),
    ],
  };
}
