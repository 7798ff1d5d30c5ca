import { dryRun } from '../core/dry-run.js';
import type { Endpoint, Fingerprint, KafkaRecord, KeySource } from '../core/model.js';
import type { StoredRecord } from '../publish/read.js';
import { forChanged, readChanges, refuseChanged, withChanges } from './changed.js';
import { type DeadLetter, toDelivery } from './letter.js';
import { provenByName } from './remembered.js';

/** What today's configuration makes of a dead letter. */
export interface Verdict {
  /** What is to be published, in order. */
  readonly events: readonly JudgedEvent[];
  readonly failures: readonly LetterFailure[];
  /** True where only the name of its secret says that it is proven: see `provenByName`. */
  readonly byName?: boolean;
}

export interface JudgedEvent {
  readonly id: string;
  /** JSON pointer of its item. */
  readonly item: string;
  readonly record: KafkaRecord;
  /** With the endpoint under which its letter was written. */
  readonly fingerprint: Fingerprint;
}

export interface LetterFailure {
  /** Code of a rejection, `endpoint_gone`, or `letter_changed`. */
  readonly reason: string;
  readonly detail?: string | undefined;
  readonly item: string;
}

interface Judge {
  readonly endpoints: readonly Endpoint[];
  readonly keys?: KeySource;
}

/**
 * Sends a dead letter through the pipeline, with the time of its reception and without publishing. `items`: JSON pointers
 * of what is still to be done of it; what else its delivery had was published when it came.
 */
export async function evaluateLetter(
  letter: DeadLetter,
  record: StoredRecord,
  items: readonly string[],
  { endpoints, keys }: Judge,
): Promise<Verdict> {
  const endpoint = findEndpoint(letter, endpoints);
  if (endpoint === undefined) {
    const detail = `the configuration has no endpoint "${letter.endpoint}"`;
    return { events: [], failures: [{ reason: 'endpoint_gone', detail, item: '' }] };
  }
  const delivery = toDelivery(letter, record);
  const secret = record.headers.ce_secretname;
  const changes = readChanges(record);
  const ready =
    changes === undefined
      ? endpoint
      : forChanged(
          endpoint,
          letter.errors.map(({ stage }) => stage),
        );
  const named = { ...letter, secret, headers: delivery.headers, changed: changes !== undefined };
  const remembered = provenByName(ready, named);
  const refused = changes && refuseChanged(changes, remembered !== undefined);
  if (refused !== undefined) return { events: [], failures: [{ reason: 'letter_changed', detail: refused, item: '' }] };
  const options = { now: letter.receivedAt, deadLetterTopic: letter.topic, keys };
  const { events: made, outcome } = await dryRun(remembered ?? ready, delivery, options);
  const wanted = (item: string) => item === '' || items.includes('') || items.includes(item);
  const events = made.flatMap(({ event, record: own, fingerprint }) => {
    if (!wanted(event.item.pointer)) return [];
    const isWhole = event.item.pointer === '';
    const digest = isWhole && changes?.original !== undefined ? endpoint.protect?.open(changes.original) : undefined;
    const known = { ...fingerprint, endpoint: letter.endpoint, ...(digest && { digest }) };
    const shown = changes === undefined ? own : withChanges(own, changes, record, isWhole);
    return [{ id: event.id, item: event.item.pointer, record: shown, fingerprint: known }];
  });
  const failures = outcome.rejected.map(({ code, detail, item = '' }) => ({ reason: code, detail, item }));
  return { events, failures: failures.filter(({ item }) => wanted(item)), ...(remembered && { byName: true }) };
}

/** An endpoint that was renamed keeps its path. */
function findEndpoint({ endpoint, path }: DeadLetter, endpoints: readonly Endpoint[]): Endpoint | undefined {
  return endpoints.find(({ name }) => name === endpoint) ?? endpoints.find((each) => each.path === path);
}
