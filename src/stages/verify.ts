import type { Delivery, Endpoint, VerifiedDelivery } from '../model.js';

/**
 * Proves who sent the delivery, by the scheme of the endpoint's provider over the raw bytes. This is the one place
 * where a `VerifiedDelivery` comes from. Throws a `Rejection` of stage `verify`. `now` in milliseconds since the epoch.
 */
export function verify(endpoint: Endpoint, delivery: Delivery, now: number): VerifiedDelivery {
  const proof = endpoint.provider.scheme.verify(delivery, endpoint.secrets, now);
  return { ...delivery, proof } as VerifiedDelivery;
}
