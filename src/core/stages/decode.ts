import { withExactNumbers } from '../../util/json/parse.js';
import { decodeUtf8 } from '../../util/utf8.js';
import type { Decoded, Endpoint, VerifiedDelivery } from '../model.js';
import { Rejection } from '../rejection.js';

/**
 * Reads the payload of a verified body: JSON (RFC 8259: UTF-8, no byte order mark), unless the plugin says otherwise.
 * `now` in milliseconds since the epoch.
 */
export function decode(
  { provider, secrets, surroundings }: Endpoint,
  delivery: VerifiedDelivery,
  now: number,
): Decoded {
  if (provider.readPayload !== undefined) {
    return { delivery, ...provider.readPayload(delivery, secrets, now, surroundings) };
  }
  const text = decodeUtf8(delivery.body);
  if (text === undefined) throw new Rejection('payload_not_utf8');
  const value = parsePayload(text);
  return { delivery, text, value, exact: () => withExactNumbers(text, value) };
}

function parsePayload(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // V8's message quotes the text, so it must not travel on.
    throw new Rejection('payload_malformed', { detail: 'it is not JSON' });
  }
}
