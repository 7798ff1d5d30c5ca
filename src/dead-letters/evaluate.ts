import type { Dedupe, Endpoint, Fingerprint, KafkaRecord, KeySource, Publisher } from '../core/model.js';
import { handle, type Outcome } from '../core/pipeline.js';
import { Rejection } from '../core/rejection.js';
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
  const records: KafkaRecord[] = [];
  const fingerprints: Fingerprint[] = [];
  const ports = {
    publisher: collect(records),
    dedupe: always(fingerprints),
    deadLetterTopic: letter.topic,
    mayKeepUnverified: () => false,
    now: () => letter.receivedAt,
    ...(keys && { keys }),
  };
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
  const outcome = await handle(remembered ?? ready, delivery, ports).catch(asOutcome);
  const wanted = (item: string) => item === '' || items.includes('') || items.includes(item);
  const events = outcome.accepted.flatMap(({ event }, index) => {
    const [made, fingerprint] = [records[index], fingerprints[index]];
    if (made === undefined || fingerprint === undefined || !wanted(event.item.pointer)) return [];
    const isWhole = event.item.pointer === '';
    const digest = isWhole && changes?.original !== undefined ? endpoint.protect?.open(changes.original) : undefined;
    const known = { ...fingerprint, endpoint: letter.endpoint, ...(digest && { digest }) };
    const shown = changes === undefined ? made : withChanges(made, changes, record, isWhole);
    return [{ id: event.id, item: event.item.pointer, record: shown, fingerprint: known }];
  });
  const failures = outcome.rejected.map(({ code, detail, item = '' }) => ({ reason: code, detail, item }));
  return { events, failures: failures.filter(({ item }) => wanted(item)), ...(remembered && { byName: true }) };
}

/** An endpoint that was renamed keeps its path. */
function findEndpoint({ endpoint, path }: DeadLetter, endpoints: readonly Endpoint[]): Endpoint | undefined {
  return endpoints.find(({ name }) => name === endpoint) ?? endpoints.find((each) => each.path === path);
}

/** Collects the events' records, and drops the dead letter that a second rejection would make: no letter goes in circles. */
function collect(records: KafkaRecord[]): Publisher {
  return {
    async publish(record) {
      if (record.headers.ce_type !== 'webhook.dead_letter') records.push(record);
      return { topic: record.topic, spooled: true };
    },
    ready: () => true,
    connected: () => true,
    close: async () => undefined,
  };
}

function always(fingerprints: Fingerprint[]): Dedupe {
  return {
    async once(fingerprint, publish) {
      fingerprints.push(fingerprint);
      return { placement: await publish(), duplicate: false, contentDiffers: false };
    },
  };
}

/** What leaves no dead letter is thrown by the pipeline. */
function asOutcome(error: unknown): Outcome {
  if (error instanceof Rejection) return { accepted: [], rejected: [error] };
  throw error;
}
