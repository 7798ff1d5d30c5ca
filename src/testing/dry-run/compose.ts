import type { Delivery, Endpoint, OutgoingRequest } from '../../core/model.js';
import { placeholderId } from '../../util/placeholder-id.js';
import { makeRequest, newestSecret, signRequest } from '../simulator/request.js';

const site = 'https://gateway.invalid';

/** A body that was never sent, signed as the provider would sign it now. */
export type Composed =
  | { readonly delivery: Delivery; readonly signed: true }
  | { readonly delivery: Delivery; readonly signed: false; readonly why: string };

/** The request of an example: its payload in the form that its content type says. */
export function requestOfExample(
  endpoint: Endpoint,
  example: { readonly headers: { readonly [name: string]: string }; readonly payload: unknown },
): OutgoingRequest {
  return makeRequest(urlOf(endpoint), example);
}

/** The request of a body, under a content type that the provider sends. */
export function requestOfBody(endpoint: Endpoint, body: Buffer): OutgoingRequest {
  const { mediaTypes } = endpoint.provider;
  const exact = mediaTypes.filter((type) => !type.includes('*'));
  const contentType = exact.includes('application/json') ? 'application/json' : exact[0];
  const headers = { 'content-type': contentType ?? 'application/json' };
  return { method: 'POST', url: urlOf(endpoint), headers, body };
}

/** Signs with the newest secret of the endpoint, in memory. `now` in milliseconds since the epoch. */
export function compose(endpoint: Endpoint, request: OutgoingRequest, now: number): Composed {
  const secret = newestSecret(endpoint, now);
  if (secret === undefined && endpoint.provider.scheme.needs.secret) {
    return { delivery: toDelivery(request, now), signed: false, why: 'no secret of the endpoint is active' };
  }
  if (secret === undefined) {
    return { delivery: toDelivery(request, now), signed: false, why: 'only the provider has the key that signs' };
  }
  try {
    return { delivery: toDelivery(signRequest(endpoint, secret, request, now), now), signed: true };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'Error') throw error;
    return { delivery: toDelivery(request, now), signed: false, why: error.message };
  }
}

/** A request as the gateway receives it. */
export function toDelivery({ method, url, headers, body }: OutgoingRequest, now: number): Delivery {
  const { pathname, search } = new URL(url);
  return {
    id: placeholderId,
    receivedAt: now,
    method,
    target: pathname + search,
    body,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
  };
}

function urlOf({ path, surroundings }: Endpoint): string {
  return surroundings?.url ?? site + path;
}
