import type { Endpoint } from '../core/model.js';
import { printable } from '../util/printable.js';
import type { DeadLetter } from './letter.js';

/** Of a terminal's line. */
const longest = 60;

/**
 * The event type of a dead letter's payload, as the plugin's rule reads it; undefined where that isn't JSON, is a batch,
 * or has none. Nobody has checked it: it is for people to look at.
 */
export function findEventType(
  { endpoint: name, path }: DeadLetter,
  body: Buffer,
  endpoints: readonly Endpoint[],
): string | undefined {
  const endpoint = endpoints.find((each) => each.name === name);
  if (endpoint === undefined || endpoint.provider.readPayload || endpoint.provider.items !== undefined)
    return undefined;
  try {
    const bindings = { headers: {}, endpoint: { name, path }, deliveryId: '', digest: '' };
    const type = endpoint.provider.event.type.evaluate(JSON.parse(body.toString()), bindings);
    return typeof type === 'string' ? printable(type.slice(0, longest)) : undefined;
  } catch {
    return undefined;
  }
}
