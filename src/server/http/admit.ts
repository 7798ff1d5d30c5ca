import type { Provider } from '../../core/model.js';
import { Rejection } from '../../core/rejection.js';
import { acceptsMediaType } from './media-type.js';

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
