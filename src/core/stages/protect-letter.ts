import type { Delivery, KafkaRecord, Protected, Protection } from '../model.js';
import { Rejection } from '../rejection.js';
import { contentType } from './map.js';
import { describe, digestOf, withHeaders } from './protected-headers.js';

/** A dead letter as it may be written. Its rejections are those of `protectRejection`. */
export function protectLetter(
  protection: Protection,
  delivery: Delivery,
  record: KafkaRecord,
): { readonly record: KafkaRecord; readonly found: Protected } {
  const body = protection.protect(delivery.body, 'delivery', contentType(delivery));
  const shown: { [name: string]: string } = {};
  for (const name of ['content-type', 'ce_requesttarget', 'ce_requestheaders']) {
    const text = record.headers[name] ?? '';
    const other = protection.text(text);
    if (other !== text) shown[name] = other;
  }
  const derived = Object.keys(shown);
  if (body.bytes === delivery.body && derived.length === 0) return { record, found: body };
  const changed = body.bytes !== delivery.body;
  const headers = withHeaders(record, {
    ...shown,
    ...(changed && { ce_digest: digestOf(protection, delivery.body, body.bytes) }),
    ce_protected: describe(protection, body, derived, changed ? delivery.body : undefined),
  });
  return { record: { ...headers, value: body.bytes }, found: body };
}

/** What the log and dead letters may say of a rejection. */
export function protectRejection(protection: Protection | undefined, rejection: Rejection): Rejection {
  if (protection === undefined) return rejection;
  const { code, detail, item, errors } = rejection;
  const { text } = protection;
  return new Rejection(code, {
    ...(detail ? { detail: text(detail) } : {}),
    ...(item !== undefined && { item: text(item) }),
    errors: errors.map(({ pointer, message }) => ({ pointer: text(pointer), message: text(message) })),
  });
}
