import type { SequencedRow } from '../../contract.js';
import { summarize } from '../state/filters.js';
import { formatMs, shorten } from '../state/format.js';
import { type Query, writePlace } from '../state/place.js';
import { Outcome, Time, Wide } from './parts.js';

interface Props {
  readonly rows: readonly SequencedRow[];
  readonly query: Query;
  readonly now: number;
}

export function DeliveryTable({ rows, query, now }: Props) {
  return (
    <Wide label="Deliveries, newest first">
      <table class="deliveries">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Outcome</th>
            <th scope="col" class="level-2">
              Endpoint
            </th>
            <th scope="col">Event type</th>
            <th scope="col" class="level-2">
              Event id
            </th>
            <th scope="col" class="level-3">
              Topic
            </th>
            <th scope="col" class="number level-2">
              Status
            </th>
            <th scope="col" class="number level-2">
              Time taken
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.seq} row={row} query={query} now={now} />
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

function Row({ row, query, now }: { row: SequencedRow; query: Query; now: number }) {
  const { type, id, topic, place, others } = summarize(row);
  return (
    <tr>
      <th scope="row">
        <a data-row href={writePlace({ page: 'deliveries', id: row.id, query })}>
          <Time at={row.at} now={now} />
        </a>
      </th>
      <td>
        <Outcome of={row.outcome} reason={row.reason} />
      </td>
      <td class="level-2">{row.endpoint === '' ? <code>{row.path}</code> : row.endpoint}</td>
      <td>
        {type === '' ? <span class="muted">–</span> : type}
        {others > 0 && <span class="muted"> and {others} more</span>}
      </td>
      <td class="level-2">
        <code title={id}>{shorten(id, 28)}</code>
      </td>
      <td class="level-3">
        {topic} {place !== '' && <span class="muted">{place}</span>}
      </td>
      <td class="number level-2">{row.status}</td>
      <td class="number level-2">{formatMs(row.ms)}</td>
    </tr>
  );
}
