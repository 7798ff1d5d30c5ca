import type { KafkaRecord, Placement, Publisher } from '../core/model.js';
import type { StoredRecord } from '../publish/read.js';
import { fieldsOf, parseJson } from '../util/values.js';
import type { DeadLetter } from './letter.js';

const dismissed = 'webhook.dead_letter.dismissed';

/** Says of a dead letter that nobody is to look at it any more. It stays in its topic. */
export interface Dismissal {
  readonly letter: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Why, in the words of whoever did it. */
  readonly note?: string;
}

export function makeDismissal({ id, topic, path, endpoint }: DeadLetter, at: number, note?: string): KafkaRecord {
  return {
    topic,
    key: id,
    headers: {
      ce_specversion: '1.0',
      ce_id: `${id}/dismissed/${at}`,
      ce_type: dismissed,
      ce_source: path,
      ce_time: new Date(at).toISOString(),
      'content-type': 'application/json',
      ce_endpoint: endpoint,
      ce_deliveryid: id,
    },
    value: Buffer.from(JSON.stringify(note === undefined ? {} : { note })),
  };
}

/** Undefined for what is no dismissal. */
export function readDismissal({ headers, value }: StoredRecord): Dismissal | undefined {
  const { ce_type, ce_deliveryid: letter, ce_time = '' } = headers;
  const at = Date.parse(ce_time);
  if (ce_type !== dismissed || letter === undefined || Number.isNaN(at)) return undefined;
  const { note } = fieldsOf(parseJson(value.toString()));
  return { letter, at, ...(typeof note === 'string' && { note }) };
}

/** Writes that these letters are dismissed. Rejects with a `PublishError`; those before the one that failed are then dismissed. */
export async function dismiss(
  letters: readonly DeadLetter[],
  publisher: Publisher<Placement>,
  { now, note }: { readonly now: number; readonly note?: string | undefined },
): Promise<void> {
  for (let at = 0; at < letters.length; at += batchSize) {
    const records = letters.slice(at, at + batchSize).map((letter) => makeDismissal(letter, now, note));
    await Promise.all(records.map((record) => publisher.publish(record)));
  }
}

/** Records under way at a time. */
const batchSize = 500;
