import { deliveryOutcomes } from '../outcome.js';
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
  const reason = reasons.textOf(ring.number(position, 'reason'));
  const bodyMs = ring.number(position, 'bodyMs');
  const more = ring.number(position, 'more');
  return {
    // A request that was not read has no id: its place among the rows is as good.
    id: texts.id === '' ? `row-${writeSeq(seqOf(ring, position, worker))}` : texts.id,
    at: new Date(ring.number(position, 'at')).toISOString(),
    endpoint: name,
    path: name === '' ? texts.path : path,
    provider,
    outcome: deliveryOutcomes[ring.number(position, 'outcome')] ?? 'error',
    ...(reason !== '' && { reason }),
    status: ring.number(position, 'status'),
    ms: round(ring.number(position, 'ms')),
    ...(bodyMs > 0 && { bodyMs: round(bodyMs) }),
    bytes: ring.number(position, 'bytes'),
    ...(texts.secret !== '' && { secret: texts.secret }),
    ...(texts.client !== '' && { address: texts.client }),
    events: texts.events,
    ...(more > 0 && { more }),
    ...(texts.letterTopic !== '' && { letter: { topic: texts.letterTopic, ...readPlace(texts.letterPlace) } }),
  };
}

export function seqOf(ring: Ring, position: number, worker: number): Seq {
  return { time: ring.number(position, 'time'), worker, number: ring.number(position, 'number') };
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
