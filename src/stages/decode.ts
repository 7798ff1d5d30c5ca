import { isUtf8 } from 'node:buffer';
import type { Decoded, VerifiedDelivery } from '../model.js';
import { Rejection } from '../rejection.js';

/** Reads a verified body as JSON (RFC 8259: UTF-8, no byte order mark). */
export function decode(delivery: VerifiedDelivery): Decoded {
  if (!isUtf8(delivery.body)) throw new Rejection('payload_not_utf8');
  const text = delivery.body.toString('utf8');
  return { delivery, text, value: parseJson(text) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // V8's message quotes the text, so it must not travel on.
    throw new Rejection('payload_malformed');
  }
}
