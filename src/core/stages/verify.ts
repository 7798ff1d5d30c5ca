import type {
  CustomAnswer,
  Delivery,
  Endpoint,
  EndpointContext,
  Handshake,
  KeyDocument,
  KeyRequest,
  Scheme,
  Secret,
  VerifiedDelivery,
} from '../model.js';
import { Rejection } from '../rejection.js';

/**
 * Proves who sent the delivery, by the scheme of the endpoint's provider over the raw bytes. This is the one place
 * where a `VerifiedDelivery` comes from. Throws a `Rejection` of stage `verify`. `now` in milliseconds since the epoch;
 * `keys`: the documents that the scheme asked for.
 */
export function verify(
  { provider, secrets, surroundings = nothing }: Endpoint,
  delivery: Delivery,
  now: number,
  keys?: ReadonlyMap<string, KeyDocument>,
): VerifiedDelivery {
  const around = keys === undefined ? surroundings : { ...surroundings, keys };
  const proof = provider.scheme.verify(delivery, secrets, now, around);
  const { id, receivedAt, method, target, headers, body } = delivery;
  return { id, receivedAt, method, target, headers, body, proof } as VerifiedDelivery;
}

const nothing = { params: {} };

/** Events come with POST; another method is taken where a handshake that must be verified has it. */
export function checkMethod({ provider: { handshakes } }: Endpoint, { method }: Delivery): void {
  if (method === 'POST') return;
  const expected = handshakes?.some(({ verified, methods }) => verified === 'after' && methods.includes(method));
  if (!expected) throw new Rejection('method_not_allowed');
}

/** The answer to a request that is a handshake, before or after its signature is verified; undefined for an event. */
export function shakeHands(
  { provider: { handshakes }, secrets, surroundings }: Endpoint,
  delivery: Delivery,
  now: number,
  verified: Handshake['verified'],
): CustomAnswer | undefined {
  for (const handshake of handshakes ?? []) {
    const answer = handshake.verified === verified ? handshake.answer(delivery, secrets, now, surroundings) : undefined;
    if (answer !== undefined) return answer;
  }
  return undefined;
}

/** A certificate, its issuer's, and that one's: more rounds no scheme asks for. */
const mostRounds = 3;

/**
 * The documents that a scheme asks for, by the id of the request. One that cannot be had is left out, and verification
 * says so. Rejects with a `Rejection` if the delivery names a key that is not allowed. `now`: milliseconds since the
 * epoch.
 */
export async function gatherKeys(
  scheme: Scheme,
  delivery: Delivery,
  { secrets, surroundings }: { readonly secrets: readonly Secret[]; readonly surroundings?: EndpointContext },
  now: number,
  get: (request: KeyRequest) => Promise<KeyDocument | undefined>,
): Promise<ReadonlyMap<string, KeyDocument>> {
  const keys = new Map<string, KeyDocument>();
  const asked = new Set<string>();
  for (let round = 0; round < mostRounds; round++) {
    const requests = scheme.remoteKeys(delivery, secrets, now, { params: {}, ...surroundings, keys });
    const open = requests.filter(({ id }) => !asked.has(id));
    if (open.length === 0) break;
    for (const request of open) {
      asked.add(request.id);
      const document = await get(request);
      if (document !== undefined) keys.set(request.id, document);
    }
  }
  return keys;
}
