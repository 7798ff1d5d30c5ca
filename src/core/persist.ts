/** Brings what a delivery holds to where it is safe: its events' records once each, and what can't be used as a dead letter. */
import {
  type Dedupe,
  type Delivery,
  type Endpoint,
  type Fingerprint,
  type Identity,
  type KafkaRecord,
  type Placement,
  type Protected,
  PublishError,
  type Published,
  type Publisher,
  type Route,
  type Spooled,
  type VerifiedDelivery,
  type WebhookEvent,
} from './model.js';
import { Rejection, type RejectionCode } from './rejection.js';
import type { Reservation } from './stages/budget.js';
import { deadLetter } from './stages/dead-letter.js';
import { protectLetter } from './stages/protect-letter.js';

/** Where records are safe, and what is remembered of them. */
export interface Sinks {
  readonly publisher: Publisher;
  readonly dedupe: Dedupe;
  readonly deadLetterTopic: string;
  /** True while the budget for dead letters of unverified deliveries lasts. */
  readonly mayKeepUnverified: (now: number, claim: Reservation) => boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface Accepted extends Published {
  readonly event: WebhookEvent;
  /** Of its record. */
  readonly key: string;
  /** The one that it took. */
  readonly route: Route;
}

export interface Mapped {
  /** As the log, the record and the answer may show it. */
  readonly event: WebhookEvent;
  /** Id and type as the provider sent them. */
  readonly named: Pick<WebhookEvent, 'id' | 'type'>;
  readonly record: KafkaRecord;
  readonly route: Route;
  /** SHA-256 of the item's bytes, base64. */
  readonly digest: string;
}

/** Records that Kafka refuses for good join `rejected`; where one could be taken later, the delivery as a whole must be sent again. */
export async function publish(
  { name, provider: { identity } }: Endpoint,
  mapped: readonly Mapped[],
  rejected: Rejection[],
  { publisher, dedupe }: Sinks,
): Promise<Accepted[]> {
  const published = mapped.map(({ event, named, record, route, digest }) =>
    dedupe
      .once(fingerprint(name, identity, named, digest), (asked) =>
        publisher.publish(asked === undefined ? record : markLocal(record)),
      )
      .then(
        (result): Accepted => ({ event, key: record.key, route, ...result }),
        (error: unknown) => new Failed(event, error),
      ),
  );
  const accepted: Accepted[] = [];
  for (const each of published) {
    const result = await each;
    if (result instanceof Failed) rejected.push(refusal(result.error).at(result.event.item.pointer));
    else accepted.push(result);
  }
  return accepted;
}

/** Tells consumers that another replica may have published the event, too. */
function markLocal(record: KafkaRecord): KafkaRecord {
  return { ...record, headers: { ...record.headers, ce_deduped: 'local' } };
}

function fingerprint(
  endpoint: string,
  { by, placeholders }: Identity,
  { id, type }: Mapped['named'],
  digest: string,
): Fingerprint {
  return { endpoint, id, type, digest, by: by === 'id' && placeholders.includes(id) ? 'content' : by };
}

class Failed {
  constructor(
    readonly event: WebhookEvent,
    readonly error: unknown,
  ) {}
}

/** Writes the dead letter. One of an unverified delivery is owed to nobody: if it can't be had, the answer stays as it is. */
export async function writeDeadLetter(
  endpoint: Endpoint,
  delivery: Delivery | VerifiedDelivery,
  rejected: readonly Rejection[],
  { publisher, deadLetterTopic, mayKeepUnverified, now }: Sinks,
): Promise<{ letter?: Placement | Spooled; found?: Protected }> {
  const [first, ...others] = rejected;
  if (first === undefined) return {};
  const mustPersist = 'proof' in delivery;
  if (!mustPersist && !mayKeepUnverified(now(), claim(endpoint, delivery))) return {};
  const letter = deadLetter(deadLetterTopic, endpoint, delivery, [first, ...others]);
  const { record, found } =
    endpoint.protect === undefined ? { record: letter } : protectLetter(endpoint.protect, delivery, letter);
  try {
    return { letter: await publisher.publish(record), ...(found && { found }) };
  } catch (error) {
    if (!mustPersist && error instanceof PublishError) return {};
    throw unavailable(error);
  }
}

function claim({ name }: Endpoint, { client, body }: Delivery): Reservation {
  return { endpoint: name, client, bytes: body.length };
}

function refusal(error: unknown): Rejection {
  if (error instanceof PublishError && error.kind === 'refused') {
    return new Rejection('record_refused', { detail: error.message });
  }
  throw unavailable(error);
}

/** What keeps events from being published that is not Kafka, by the reason of the `PublishError`. */
const ofDedupe: { readonly [reason: string]: RejectionCode | undefined } = {
  CLAIMED: 'duplicate_pending',
  DEDUPE_UNAVAILABLE: 'dedupe_unavailable',
};

function unavailable(error: unknown): unknown {
  if (!(error instanceof PublishError)) return error;
  return new Rejection(ofDedupe[error.reason] ?? 'kafka_unavailable', { detail: error.message });
}
