/**
 * What happens to a webhook, in order. Each stage is a file in `stages/`; a stage that stops a delivery throws a
 * `Rejection` from the one table in `rejection.ts`.
 */
import {
  type Delivery,
  type Endpoint,
  type KafkaRecord,
  type Placement,
  PublishError,
  type Publisher,
  type VerifiedDelivery,
  type WebhookEvent,
} from './model.js';
import { Rejection, rejections } from './rejection.js';
import { bind } from './stages/bind.js';
import { deadLetter } from './stages/dead-letter.js';
import { decode } from './stages/decode.js';
import { identify } from './stages/identify.js';
import { map } from './stages/map.js';
import { split } from './stages/split.js';
import { validate } from './stages/validate.js';
import { verify } from './stages/verify.js';

/** What the pipeline needs of the world. */
export interface Ports {
  readonly publisher: Publisher;
  readonly deadLetterTopic: string;
  /** True while the budget for dead letters of unverified deliveries lasts. */
  readonly mayKeepUnverified: (now: number) => boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What became of a delivery. Everything in it is safe. */
export interface Outcome {
  readonly accepted: readonly Accepted[];
  /** Why the delivery, or a part of its batch, stopped. */
  readonly rejected: readonly Rejection[];
  /** Where the dead letter lies, if one was written. */
  readonly letter?: Placement;
}

export interface Accepted {
  readonly event: WebhookEvent;
  readonly placement: Placement;
}

interface Mapped {
  readonly event: WebhookEvent;
  readonly record: KafkaRecord;
}

/** Rejects with a `Rejection` only where nothing can be made safe now, so that the provider has to send again. */
export async function handle(endpoint: Endpoint, delivery: Delivery, ports: Ports): Promise<Outcome> {
  let verified: VerifiedDelivery | undefined;
  try {
    verified = verify(endpoint, delivery, ports.now());
    const decoded = decode(verified);
    const items = split(endpoint.provider, decoded);
    const bindings = bind(endpoint, verified);
    const mapped: Mapped[] = [];
    const rejected: Rejection[] = [];
    for (const item of items) {
      try {
        await validate(endpoint.provider, item, bindings);
        const event = await identify(endpoint, item, bindings);
        mapped.push({ event, record: await map(endpoint, verified, event, bindings) });
      } catch (error) {
        // One bad item of a batch doesn't stop the others.
        rejected.push(asRejection(error).at(item.pointer));
      }
    }
    const accepted = await publish(mapped, rejected, ports);
    const letter = await keep(endpoint, verified, rejected, ports);
    return { accepted, rejected, ...letter };
  } catch (error) {
    const rejection = asRejection(error);
    if (rejections[rejection.code].letter === 'none') throw rejection;
    return { accepted: [], rejected: [rejection], ...(await keep(endpoint, verified ?? delivery, [rejection], ports)) };
  }
}

/** Records that Kafka refuses for good join `rejected`; where one could be taken later, the delivery as a whole must be sent again. */
async function publish(mapped: readonly Mapped[], rejected: Rejection[], { publisher }: Ports): Promise<Accepted[]> {
  const results = await Promise.allSettled(mapped.map(({ record }) => publisher.publish(record)));
  const accepted: Accepted[] = [];
  for (const [index, { event }] of mapped.entries()) {
    const result = results[index];
    if (result?.status === 'fulfilled') accepted.push({ event, placement: result.value });
    else rejected.push(refusal(result?.reason).at(event.item.pointer));
  }
  return accepted;
}

/** Writes the dead letter. One of an unverified delivery is owed to nobody: if it can't be had, the answer stays as it is. */
async function keep(
  endpoint: Endpoint,
  delivery: Delivery | VerifiedDelivery,
  rejected: readonly Rejection[],
  { publisher, deadLetterTopic, mayKeepUnverified, now }: Ports,
): Promise<{ letter?: Placement }> {
  const [first, ...others] = rejected;
  if (first === undefined) return {};
  const owed = 'proof' in delivery;
  if (!owed && !mayKeepUnverified(now())) return {};
  try {
    return { letter: await publisher.publish(deadLetter(deadLetterTopic, endpoint, delivery, [first, ...others])) };
  } catch (error) {
    if (!owed && error instanceof PublishError) return {};
    throw unavailable(error);
  }
}

function asRejection(error: unknown): Rejection {
  if (error instanceof Rejection) return error;
  throw error;
}

function refusal(error: unknown): Rejection {
  if (error instanceof PublishError && error.kind === 'refused') {
    return new Rejection('record_refused', { detail: error.message });
  }
  throw unavailable(error);
}

function unavailable(error: unknown): unknown {
  return error instanceof PublishError ? new Rejection('kafka_unavailable', { detail: error.message }) : error;
}
