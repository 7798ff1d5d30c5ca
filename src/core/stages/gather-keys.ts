import type { Delivery, EndpointContext, KeyDocument, KeyRequest, Scheme, Secret } from '../model.js';

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
