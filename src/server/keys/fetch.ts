import type { KeyRequest } from '../../core/model.js';

/** What a server answered; the text is cut off after `longest`, and then of no use. */
export interface KeyAnswer {
  readonly status: number;
  readonly text: string;
}

/** Rejects if there is no answer in time. */
export type FetchKey = (request: KeyRequest) => Promise<KeyAnswer>;

/** Bytes; a JWK set of a provider has some 10 KiB. */
const longest = 256 * 1024;
/**
 * Asks for a key over https, or for a certificate. Redirects aren't followed: they would lead past the plugin's list of
 * hosts. `patience`: milliseconds for the whole, connecting included.
 */
export async function fetchKey(request: KeyRequest, patience = 5000): Promise<KeyAnswer> {
  const { url, method, headers, body, certificate } = request;
  const { protocol, username, password } = new URL(url);
  if (protocol !== 'https:' && certificate === undefined) throw new Error('keys are fetched over https only');
  if (username !== '' || password !== '') throw new Error('a URL of a key has no credentials');
  // Most gateways fetch no key: they start without undici.
  const { request: send } = await import('undici');
  const signal = AbortSignal.timeout(patience);
  const answer = await send(url, { method, headers, ...(body !== undefined && { body }), signal });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    const bytes: Buffer = chunk;
    size += bytes.length;
    if (size > longest) {
      answer.body.destroy();
      return { status: answer.statusCode, text: '' };
    }
    chunks.push(bytes);
  }
  return { status: answer.statusCode, text: Buffer.concat(chunks).toString(certificate ? 'base64' : 'utf8') };
}
