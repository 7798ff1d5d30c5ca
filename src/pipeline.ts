/**
 * What happens to a webhook, in order. Each stage is a file in `stages/`; a stage that stops a delivery throws a
 * `Rejection` from the one table in `rejection.ts`.
 */

import type {
  Bindings,
  CustomAnswer,
  Delivery,
  Endpoint,
  Item,
  KeySource,
  Placement,
  Spooled,
  VerifiedDelivery,
} from './model.js';
import { Rejection, rejections } from './rejection.js';
import { type Accepted, keep, type Mapped, publish, type Safes } from './safekeeping.js';
import { bind } from './stages/bind.js';
import { decode } from './stages/decode.js';
import { gatherKeys } from './stages/gather-keys.js';
import { identify } from './stages/identify.js';
import { map } from './stages/map.js';
import { split } from './stages/split.js';
import { validate } from './stages/validate.js';
import { checkMethod, shakeHands, verify } from './stages/verify.js';

/** What the pipeline needs of the world. */
export interface Ports extends Safes {
  /** Where keys of providers are fetched; absent: nowhere. */
  readonly keys?: KeySource;
}

/** What became of a delivery. Everything in it is safe. */
export interface Outcome {
  readonly accepted: readonly Accepted[];
  /** The answer to a request that was no event. */
  readonly handshake?: CustomAnswer;
  /** Name of the secret that proved the delivery. */
  readonly secret?: string;
  /** Why the delivery, or a part of its batch, stopped. */
  readonly rejected: readonly Rejection[];
  /** Where the dead letter lies, if one was written. */
  readonly letter?: Placement | Spooled;
}

/** Rejects with a `Rejection` only where nothing can be made safe now, so that the provider has to send again. */
export async function handle(endpoint: Endpoint, delivery: Delivery, ports: Ports): Promise<Outcome> {
  let verified: VerifiedDelivery | undefined;
  try {
    const now = ports.now();
    const early = shakeHands(endpoint, delivery, now, 'before');
    if (early !== undefined) return { accepted: [], rejected: [], handshake: early };
    checkMethod(endpoint, delivery);
    const { scheme } = endpoint.provider;
    const keys = scheme.fetchesKeys
      ? await gatherKeys(scheme, delivery, endpoint, now, async (request) => ports.keys?.get(request, endpoint.name))
      : undefined;
    verified = verify(endpoint, delivery, now, keys);
    const late = shakeHands(endpoint, verified, now, 'after');
    if (late !== undefined) return { accepted: [], rejected: [], handshake: late };
    if (delivery.method !== 'POST') throw new Rejection('method_not_allowed');
    const { mapped, rejected } = await read(endpoint, verified, now);
    const accepted = await publish(endpoint, mapped, rejected, ports);
    const { secret } = verified.proof;
    if (rejected.length === 0) return { accepted, rejected, secret };
    return { accepted, rejected, secret, ...(await keep(endpoint, verified, rejected, ports)) };
  } catch (error) {
    const rejection = asRejection(error);
    if (rejections[rejection.code].letter === 'none') throw rejection;
    const letter = await keep(endpoint, verified ?? delivery, [rejection], ports);
    return { accepted: [], rejected: [rejection], ...letter, ...(verified && { secret: verified.proof.secret }) };
  }
}

/**
 * The records of a delivery's events, and why others have none. Whoever waits for Kafka has nothing else of the payload: with
 * 512 in flight, parsed payloads that stay cost 7 % of the CPU, for collecting garbage.
 */
async function read(
  endpoint: Endpoint,
  verified: VerifiedDelivery,
  now: number,
): Promise<{ readonly mapped: readonly Mapped[]; readonly rejected: Rejection[] }> {
  const items = split(endpoint.provider, decode(endpoint, verified, now));
  const mapped: Mapped[] = [];
  const rejected: Rejection[] = [];
  for (const item of items) {
    try {
      const ready = prepare(endpoint, verified, item, bind(endpoint, verified, item));
      mapped.push(ready instanceof Promise ? await ready : ready);
    } catch (error) {
      // One bad item of a batch doesn't stop the others.
      rejected.push(asRejection(error).at(item.pointer));
    }
  }
  return { mapped, rejected };
}

/** From item to record; a promise only where a rule of the plugin can't be decided at once. */
function prepare(
  endpoint: Endpoint,
  verified: VerifiedDelivery,
  item: Item,
  bindings: Bindings,
): Mapped | Promise<Mapped> {
  const { digest } = item;
  const valid = validate(endpoint.provider, item, bindings);
  const event =
    valid instanceof Promise
      ? valid.then(() => identify(endpoint, item, bindings))
      : identify(endpoint, item, bindings);
  if (event instanceof Promise)
    return event.then(async (event) => ({
      event,
      record: await map(endpoint, verified, event, item, bindings),
      digest,
    }));
  const record = map(endpoint, verified, event, item, bindings);
  return record instanceof Promise ? record.then((record) => ({ event, record, digest })) : { event, record, digest };
}

function asRejection(error: unknown): Rejection {
  if (error instanceof Rejection) return error;
  throw error;
}
