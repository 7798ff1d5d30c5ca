import { randomInt } from 'node:crypto';
import type { Endpoint, OutgoingRequest } from '../../core/model.js';
import { type FreshPaths, freshen, type Message } from './freshen.js';
import { applyOverrides, type Override } from './override.js';
import { addressOf, makeRequest, newestSecret, signRequest, signWrongly } from './request.js';

/** One thing that the simulator can send: an example of a plugin, to an endpoint that uses the plugin. */
export interface ExampleOffer {
  readonly endpoint: Endpoint;
  /** The event type. */
  readonly type: string;
  readonly message: Message;
  readonly fresh: FreshPaths;
}

export interface ComposeOptions {
  /** The gateway's URL, or the whole address. */
  readonly base: string;
  readonly overrides: readonly Override[];
  /** A signature that is wrong in one character. */
  readonly invalid: boolean;
}

/**
 * Makes a function that gives a new signed request each time it is called: other identifiers, the current time.
 * `undefined` if no secret of the endpoint is active.
 */
export function composer(offer: ExampleOffer, options: ComposeOptions): (() => OutgoingRequest) | undefined {
  const { endpoint, message, fresh } = offer;
  const secret = newestSecret(endpoint, Date.now());
  if (!secret) return undefined;
  const url = addressOf(endpoint, options.base);
  const sign = options.invalid ? signWrongly : signRequest;
  return () => {
    const now = Date.now();
    const anew = freshen(message, fresh, endpoint.provider.items, now, (limit) => randomInt(limit));
    const payload = applyOverrides(anew.payload, options.overrides);
    return sign(endpoint, secret, makeRequest(url, { ...anew, payload }), now);
  };
}
