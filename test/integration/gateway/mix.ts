import { listOffers } from '../../../src/cli/simulation.js';
import type { OutgoingRequest } from '../../../src/core/model.js';
import { composer } from '../../../src/testing/simulator/compose.js';
import type { Override } from '../../../src/testing/simulator/override.js';
import type { Running } from './running.js';

/** What has to become of a request. */
export type Fate = 'accepted' | 'dead_lettered' | 'rejected';

export interface Mixed {
  readonly request: OutgoingRequest;
  readonly fate: Fate;
}

/**
 * Makes the n-th of many requests: of 50, one without a signature, one with a wrong one, one that was tampered with,
 * one off schema, one that is not JSON, and 45 good ones, of every event type that the plugin knows.
 */
export async function createMix({ settings, url }: Running): Promise<(n: number) => Mixed> {
  const offers = await listOffers(settings, undefined);
  const [endpoint] = settings.endpoints;
  const [secret] = endpoint?.secrets ?? [];
  if (endpoint === undefined || secret === undefined) throw new Error('no endpoint');

  function source(n: number, overrides: readonly Override[], invalid = false): () => OutgoingRequest {
    const offer = offers[n % offers.length];
    const next = offer && composer(offer, { base: url, overrides, invalid });
    if (next === undefined) throw new Error('no example');
    return next;
  }
  const good = [...endpoint.provider.eventTypes].map((type, n) => source(n, [{ path: ['type'], value: type }]));
  const next = (n: number) => (good[n % good.length] ?? source(n, []))();
  const wrong = source(1, [], true);
  const offSchema = source(2, [{ path: ['livemode'], value: 'no' }]);

  return (n) => {
    const request = n % 50 === 0 ? wrong() : n % 50 === 1 ? offSchema() : next(n);
    switch (n % 50) {
      case 0:
        return { request, fate: 'rejected' };
      case 1:
        return { request, fate: 'dead_lettered' };
      case 2: {
        const cut = { ...request, body: request.body.subarray(0, -1) };
        return { request: endpoint.provider.scheme.sign(cut, secret.key, Date.now()), fate: 'dead_lettered' };
      }
      case 3:
        return { request: { ...request, body: Buffer.concat([request.body, Buffer.from(' ')]) }, fate: 'rejected' };
      case 4:
        return { request: { ...request, headers: { 'content-type': 'application/json' } }, fate: 'rejected' };
      default:
        return { request, fate: 'accepted' };
    }
  };
}
