import { explainRecord } from '../../cli/explain.js';
import type { GatewaySettings } from '../../config/settings.js';
import { rejections } from '../../core/rejection.js';
import { readLetter, readRequestHeaders } from '../../dead-letters/letter.js';
import { maskBody, maskText } from '../../dead-letters/mask.js';
import type { StoredRecord } from '../../publish/read.js';
import type { Explanation } from '../../testing/dry-run/explanation.js';
import type { DeliveryDetail, DeliveryRow } from '../contract.js';
import { Refused } from '../respond.js';
import { findRecord, nameOf } from './find-record.js';
import type { Letters } from './letters.js';
import { makeStages } from './stages.js';

/** All there is to say of a delivery without a value of its payload. Rejects with a Refused where nothing is known of it. */
export async function describeDelivery(
  settings: GatewaySettings,
  letters: Letters,
  { id, row: known }: { readonly id: string; readonly row?: DeliveryRow | undefined },
): Promise<DeliveryDetail> {
  const letter = known === undefined || known.letter !== undefined ? await letters.find(id) : undefined;
  const record = letter?.record ?? (await findRecord(settings, letters, id, known));
  const row = known ?? (letter && rowOf(settings, letter.record));
  if (row === undefined)
    throw new Refused(
      404,
      'not_found',
      'neither the last deliveries nor the dead letters have it: gateway find searches the topics',
    );
  const explanation = record && (await explain(settings, record));
  return {
    row,
    stages: makeStages(row, explanation),
    notes: [...describeSource(row, record), ...(explanation?.notes ?? [])],
    headers: record === undefined ? {} : maskedHeaders(record),
    ...(record && { shape: maskBody(record.value, record.headers['content-type'] ?? ''), place: nameOf(record) }),
    ...(letter && { letter: { ...letter.row, errors: letter.letter.errors } }),
    revealable: record !== undefined,
  };
}

/** What cannot be explained (its endpoint is gone, say) is shown without. */
async function explain(
  settings: GatewaySettings,
  { offset, ...record }: StoredRecord,
): Promise<Explanation | undefined> {
  const options = { settings, now: Date.now(), since: 0, last: 0 };
  return explainRecord(nameOf({ offset, ...record }), { ...record, offset: String(offset) }, options).catch(
    () => undefined,
  );
}

function describeSource(row: DeliveryRow, record: StoredRecord | undefined): readonly string[] {
  if (record === undefined) {
    const isStored = row.events.length > 0 || row.letter !== undefined;
    return [
      isStored
        ? 'Its record cannot be read now: what is shown is what the gateway has noted.'
        : 'Nothing of it is stored.',
    ];
  }
  const { ce_deliveryid, ce_type } = record.headers;
  const notes = ['Decisions are those of the running configuration, made again now; times are those of the delivery.'];
  if (ce_type !== 'webhook.dead_letter' && ce_deliveryid !== undefined && ce_deliveryid !== row.id)
    notes.push(`The record is that of delivery ${ce_deliveryid}, which brought the event first.`);
  if (row.events.length > 1) notes.push('The rules are explained for the first event of the batch.');
  return notes;
}

/** What they look like: values can be secrets, and those of a stranger anything. */
function maskedHeaders({ headers }: StoredRecord): DeliveryDetail['headers'] {
  const kept = Object.entries(readRequestHeaders(headers.ce_requestheaders));
  const masked = kept.map(([name, values = []]) => [name, values.map(maskText).join(', ')] as const);
  // Its parameters are anybody's words.
  const [contentType] = headers['content-type']?.split(';') ?? [];
  return { ...(contentType !== undefined && { 'content-type': contentType }), ...Object.fromEntries(masked) };
}

/** As far as the letter of a delivery tells of it. */
function rowOf({ endpoints }: GatewaySettings, record: StoredRecord): DeliveryRow | undefined {
  const letter = readLetter(record);
  if (letter === undefined) return undefined;
  const endpoint = endpoints.find(({ name }) => name === letter.endpoint);
  const { ce_secretname: secret } = record.headers;
  const [status] = Object.entries(rejections).flatMap(([code, rule]) => (code === letter.reason ? [rule.status] : []));
  return {
    id: letter.id,
    at: new Date(letter.receivedAt).toISOString(),
    endpoint: letter.endpoint,
    path: letter.path,
    provider: endpoint?.provider.name ?? '',
    outcome: letter.verified ? 'dead_lettered' : 'unproven',
    reason: letter.reason,
    status: status ?? 200,
    ms: 0,
    bytes: letter.bytes,
    events: [],
    ...(secret !== undefined && { secret }),
    letter: { topic: letter.topic, partition: letter.partition, offset: String(letter.offset) },
  };
}
