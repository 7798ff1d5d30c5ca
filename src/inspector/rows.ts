import { deliveryOutcomes } from '../core/outcome.js';
import { createTimeFormatter } from '../util/iso-time.js';
import type { DeliveryRow } from './contract.js';
import type { Recorder } from './recorder.js';
import type { Ring } from './ring.js';
import { readPlace, readTexts } from './row-text.js';
import { type Seq, writeSeq } from './seq.js';

/** The row at a position of one of the recorder's rings. */
export function readRow(
  { endpoints, reasons, worker }: Pick<Recorder, 'endpoints' | 'reasons' | 'worker'>,
  ring: Ring,
  position: number,
): DeliveryRow {
  const texts = readTexts(ring.text(position));
  const { name = '', path = '', provider = '' } = endpoints[ring.number(position, 'endpoint')] ?? {};
  const bodyMs = ring.number(position, 'bodyMs');
  const more = ring.number(position, 'more');
  // Thousands are made in a second for whoever looks: it is put together without copies.
  const row: { -readonly [Member in keyof DeliveryRow]: DeliveryRow[Member] } = {
    // A request that was not read has no id: its place among the rows is as good.
    id: texts.id === '' ? `row-${writeSeq(seqOf(ring, position, worker))}` : texts.id,
    at: formatTime(Math.floor(ring.number(position, 'at'))),
    endpoint: name,
    path: name === '' ? texts.path : path,
    provider,
    outcome: deliveryOutcomes[ring.number(position, 'outcome')] ?? 'error',
    status: ring.number(position, 'status'),
    ms: round(ring.number(position, 'ms')),
    bytes: ring.number(position, 'bytes'),
    events: texts.events,
  };
  const reason = reasons.textOf(ring.number(position, 'reason'));
  if (reason !== '') row.reason = reason;
  if (bodyMs > 0) row.bodyMs = round(bodyMs);
  if (texts.secret !== '') row.secret = texts.secret;
  if (texts.client !== '') row.address = texts.client;
  if (more > 0) row.more = more;
  if (texts.letterTopic !== '') row.letter = { topic: texts.letterTopic, ...readPlace(texts.letterPlace) };
  return row;
}

const formatTime = createTimeFormatter();

export function seqOf(ring: Ring, position: number, worker: number): Seq {
  return { time: ring.number(position, 'time'), worker, number: ring.number(position, 'number') };
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
