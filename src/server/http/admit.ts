import type { Provider } from '../../core/model.js';
import { Rejection } from '../../core/rejection.js';

/** Refuses, by its method and headers alone, a request whose body can't be what the provider signs. Throws a `Rejection`. */
export function admit(
  { mediaTypes, handshakes }: Provider,
  method: string | undefined,
  contentType: string | undefined,
  contentEncoding: string | undefined,
): void {
  if (method !== 'POST' && !handshakes?.some(({ methods }) => methods.some((each) => each === method))) {
    throw new Rejection('method_not_allowed');
  }
  if (contentEncoding !== undefined) throw new Rejection('encoding_unsupported');
  if (method === 'POST' && !acceptsMediaType(mediaTypes, contentType)) throw new Rejection('media_type_unsupported');
}

/**
 * Whether a Content-Type is one of `accepted`: lower-case media types, in which `*` stands for any run of characters. A
 * request without the header passes: the signature says more about it than a label does.
 */
export function acceptsMediaType(accepted: readonly string[], contentType: string | undefined): boolean {
  if (contentType === undefined) return true;
  const end = contentType.indexOf(';');
  const type = (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
  return accepted.some((pattern) => pattern === type || matches(pattern, type));
}

function matches(pattern: string, type: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return false;
  const head = pattern.slice(0, star);
  const tail = pattern.slice(star + 1);
  return type.length >= head.length + tail.length && type.startsWith(head) && type.endsWith(tail);
}
