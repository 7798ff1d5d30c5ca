/**
 * What happens to a webhook, in order. Each stage is a file in `stages/`; a stage that stops a delivery throws a
 * `Rejection` from the one table in `rejection.ts`.
 */

import type {
  CustomAnswer,
  Delivery,
  Endpoint,
  Item,
  KeySource,
  Placement,
  Protected,
  Spooled,
  VerifiedDelivery,
} from './model.js';
import { type Accepted, type Mapped, publish, type Sinks, writeDeadLetter } from './persist.js';
import { Rejection, rejections } from './rejection.js';
import { identify, validate } from './stages/event.js';
import { bind, decode, split } from './stages/items.js';
import { map } from './stages/map.js';
import { protectEvent } from './stages/protect.js';
import { protectRejection } from './stages/protect-letter.js';
import { checkMethod, gatherKeys, shakeHands, verify } from './stages/verify.js';
import type { Trace } from './trace.js';

/** What the pipeline needs of the world. */
export interface Ports extends Sinks {
  /** Where keys of providers are fetched; absent: nowhere. */
  readonly keys?: KeySource | undefined;
  readonly trace?: Trace | undefined;
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
  /** What the endpoint protects, and was found; absent: nothing. */
  readonly protected?: Protected;
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
    ports.trace?.passed?.('verify');
    const late = shakeHands(endpoint, verified, now, 'after');
    if (late !== undefined) return { accepted: [], rejected: [], handshake: late };
    if (delivery.method !== 'POST') throw new Rejection('method_not_allowed');
    const { mapped, rejected, found } = await read(endpoint, verified, now, ports);
    const accepted = await publish(endpoint, mapped, rejected, ports);
    ports.trace?.passed?.('publish');
    const { secret } = verified.proof;
    if (rejected.length === 0) return { accepted, rejected, secret, ...sum(found) };
    const shown = rejected.map((rejection) => protectRejection(endpoint.protect, rejection));
    const { found: more, ...letter } = await writeDeadLetter(endpoint, verified, shown, ports);
    return { accepted, rejected: shown, secret, ...letter, ...sum([...found, more]) };
  } catch (error) {
    const rejection = protectRejection(endpoint.protect, asRejection(error));
    if (rejections[rejection.code].letter === 'none') throw rejection;
    const { found, ...letter } = await writeDeadLetter(endpoint, verified ?? delivery, [rejection], ports);
    const secret = verified && { secret: verified.proof.secret };
    return { accepted: [], rejected: [rejection], ...letter, ...secret, ...sum([found]) };
  }
}

/** What was found in all of them. */
function sum(list: readonly (Protected | undefined)[]): Pick<Outcome, 'protected'> {
  const found = list.filter((each) => each !== undefined && each.cards + each.values > 0);
  if (found.length === 0) return {};
  const total = (count: (each: Protected) => number) => found.reduce((all, each) => all + (each ? count(each) : 0), 0);
  const names = [...new Set(found.flatMap((each) => each?.names ?? []))];
  return { protected: { cards: total(({ cards }) => cards), values: total(({ values }) => values), names } };
}

/**
 * The records of a delivery's events, and why others have none. Whoever waits for Kafka has nothing else of the payload: with
 * 512 in flight, parsed payloads that stay cost 7 % of the CPU, for collecting garbage.
 */
async function read(
  endpoint: Endpoint,
  verified: VerifiedDelivery,
  now: number,
  { trace }: Ports,
): Promise<{ readonly mapped: readonly Mapped[]; readonly rejected: Rejection[]; readonly found: Protected[] }> {
  const items = split(endpoint.provider, decode(endpoint, verified, now));
  trace?.passed?.('split');
  const mapped: Mapped[] = [];
  const rejected: Rejection[] = [];
  const found: Protected[] = [];
  for (const item of items) {
    try {
      const bindings = bind(endpoint, verified, item);
      trace?.item?.(item, bindings);
      await validate(endpoint.provider, item, bindings, trace);
      const event = await identify(endpoint, item, bindings, trace);
      const { record, route } = await map(endpoint, verified, event, item, bindings, trace);
      const made = { event, named: event, record, route, digest: item.digest };
      mapped.push(endpoint.protect === undefined ? made : await protect(endpoint, verified, item, made, now, found));
    } catch (error) {
      // One bad item of a batch doesn't stop the others.
      rejected.push(asRejection(error).at(item.pointer));
    }
  }
  trace?.passed?.('map');
  return { mapped, rejected, found };
}

/** The same without what the endpoint protects. Digest and name stay those of the original: a repetition is known by them. */
async function protect(
  endpoint: Endpoint,
  verified: VerifiedDelivery,
  item: Item,
  mapped: Mapped,
  now: number,
  found: Protected[],
): Promise<Mapped> {
  if (endpoint.protect === undefined) return mapped;
  const shown = await protectEvent(endpoint, endpoint.protect, verified, item, mapped, now);
  found.push(shown.found);
  return { ...mapped, event: shown.event, record: shown.record };
}

function asRejection(error: unknown): Rejection {
  if (error instanceof Rejection) return error;
  throw error;
}
