import { useState } from 'preact/hooks';
import type { DeliveryDetail, DeliveryRow, DeliveryStage } from '../../contract.js';
import { isAbout, isDeliveryDetail, routes } from '../browser/api.js';
import { useData, useNow } from '../browser/hooks.js';
import { asSentence, formatBytes, formatMs, inWords } from '../state/format.js';
import { outline } from '../state/outline.js';
import { type PageName, parentOf, type Query, writePlace } from '../state/place.js';
import { LetterFacts } from './letter-facts.js';
import { Command, Fact, Outcome, Shown, Time, Where } from './parts.js';
import { Reveal } from './reveal.js';
import { Table } from './table.js';

interface Props {
  /** The list that it was opened from. */
  readonly page: PageName;
  readonly id: string;
  readonly query: Query;
}

/** All that is known of one delivery, and of its dead letter. */
export function Delivery({ page, id, query }: Props) {
  const detail = useData(routes.delivery(id), isDeliveryDetail);
  const now = useNow();
  const parent = parentOf({ page, id, query });
  return (
    <>
      {parent !== undefined && (
        <p class="crumb">
          <a href={writePlace(parent)}>{page === 'deliveries' ? 'Deliveries' : 'Dead letters'}</a> <kbd>Esc</kbd>
        </p>
      )}
      <h1 tabIndex={-1}>
        {page === 'deliveries' ? 'Delivery' : 'Dead letter'} <code>{id}</code>
      </h1>
      <Shown of={detail}>{(data) => <Detail of={data} now={now} reload={detail.reload} />}</Shown>
      <p class="next">
        In the terminal: <Command>{`gateway ${detail.data?.revealable ? 'explain' : 'find'} ${id}`}</Command>
      </p>
    </>
  );
}

function Detail({ of, now, reload }: { of: DeliveryDetail; now: number; reload: () => void }) {
  const { row, stages, notes, headers, letter } = of;
  return (
    <>
      <Facts row={row} now={now} />
      {letter !== undefined && <LetterFacts letter={letter} now={now} onChange={reload} />}
      {row.events.length > 0 && <Events row={row} />}
      <div class="split">
        <section>
          <h2>What became of it</h2>
          {notes.map((note) => (
            <p key={note} class="muted">
              {asSentence(note)}
            </p>
          ))}
          <ol class="stages">
            {stages.map((stage, index) => (
              <Stage key={`${index} ${stage.name}`} of={stage} />
            ))}
          </ol>
        </section>
        <div>
          <Headers headers={headers} />
          <Shape of={of} />
        </div>
      </div>
    </>
  );
}

function Facts({ row, now }: { row: DeliveryRow; now: number }) {
  return (
    <dl class="facts">
      <Fact name="Outcome">
        <Outcome of={row.outcome} reason={row.reason} />
      </Fact>
      <Fact name="Answer">
        {row.status} after {formatMs(row.ms)}
      </Fact>
      <Fact name="Received">
        <Time at={row.at} now={now} />, <Time at={row.at} now={now} age />
      </Fact>
      <Fact name="Endpoint">
        {row.endpoint || 'none has this path'}, <code>{row.path}</code>
      </Fact>
      <Fact name="Proven by secret">{row.secret ?? 'none'}</Fact>
      <Fact name="Body">{formatBytes(row.bytes)}</Fact>
      {row.address !== undefined && <Fact name="From address">{row.address}</Fact>}
    </dl>
  );
}

function Events({ row: { events, more = 0 } }: { row: DeliveryRow }) {
  return (
    <section>
      <h2>Events</h2>
      <Table
        label="Events"
        columns={[
          { title: 'Event id' },
          { title: 'Type' },
          { title: 'Outcome' },
          { title: 'Topic' },
          { title: 'Partition@offset' },
          { title: 'Key' },
        ]}
        lines={events.map((event, index) => ({
          key: `${index} ${event.id}`,
          cells: [
            <code key="id">{event.id ?? event.item ?? '–'}</code>,
            event.type ?? '–',
            <Outcome key="outcome" of={event.outcome} reason={event.reason} />,
            event.topic ?? '–',
            event.offset === undefined ? '–' : `${event.partition}@${event.offset}`,
            event.key === undefined ? '–' : <code>{event.key}</code>,
          ],
        }))}
        stacked
      />
      {more > 0 && <p class="muted">And {more} more.</p>}
    </section>
  );
}

function Stage({ of: { name, decision, detail, at, item, place, rule } }: { of: DeliveryStage }) {
  return (
    <li class={decision}>
      <p>
        <strong>{inWords(name)}</strong>
        <span class="decision">{decision}</span>
        {at !== undefined && <span class="number muted">{formatMs(at)}</span>}
      </p>
      {detail !== decision && <p>{detail}</p>}
      {item !== undefined && item !== '' && (
        <p class="muted">
          Item <code>{item}</code>
        </p>
      )}
      {rule !== undefined && <pre>{rule}</pre>}
      {place !== undefined && (
        <p>
          <Where place={place} />
        </p>
      )}
    </li>
  );
}

function Headers({ headers }: { headers: DeliveryDetail['headers'] }) {
  const all = Object.entries(headers);
  if (all.length === 0) return null;
  return (
    <section>
      <h2>Headers that were read</h2>
      <table class="pairs">
        <tbody>
          {all.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">
                <code>{name}</code>
              </th>
              <td>
                <code>{value}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Shape({ of }: { of: DeliveryDetail }) {
  const { shape, place } = of;
  if (shape === undefined) return null;
  return (
    <section>
      <h2>Shape of the body</h2>
      <p class="muted">Names, types and lengths; no values{place === undefined ? '' : ` (from ${place})`}.</p>
      <Revealing of={of} />
      <ul class="outline">
        {outline(shape).map(({ depth, name, kind }, index) => (
          <li key={index} class={`depth-${Math.min(depth, 12)}`}>
            {name !== '' && <code>{name}</code>} <span class="muted">{kind}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Revealing({ of: { row, revealable } }: { of: DeliveryDetail }) {
  const about = useData(routes.about, isAbout);
  const [open, setOpen] = useState(false);
  if (!revealable || about.data === undefined) return null;
  if (!about.data.writable) {
    return (
      <p class="muted">
        The values stay hidden: the inspector reveals a body only where the configuration has <code>admin.token</code>.
      </p>
    );
  }
  return (
    <p>
      <button type="button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Reveal the body …
      </button>
      {open && <Reveal id={row.id} onClose={() => setOpen(false)} />}
    </p>
  );
}
