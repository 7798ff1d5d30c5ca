import { PublishError } from '../../core/model.js';
import { type Fields, fieldsOf, parseJson } from '../../util/values.js';

/** A token of an identity provider. It is a secret: never printed. */
export interface Token {
  readonly value: string;
  /** Milliseconds since the epoch; absent: not known. */
  readonly expires?: number;
}

/** Bytes; those with many groups have some 10 KiB. */
export const longestToken = 64 * 1024;

/** https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
const form = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * Checks a token and finds out when it expires: `lifetime` in seconds where it is told, else what a JWT says of itself. `where`:
 * where it comes from, for the error, which is a `PublishError`.
 */
export function toToken(text: string, where: string, now: number, lifetime?: number): Token {
  const value = text.trim();
  if (value === '') throw noToken(`${where} is empty`);
  if (value.length > longestToken || !form.test(value)) throw noToken(`${where} is no bearer token (RFC 6750)`);
  const expires = lifetime === undefined ? expiryOf(value) : now + lifetime * 1000;
  if (expires === undefined) return { value };
  if (expires <= now) throw noToken(`${where} expired at ${new Date(expires).toISOString()}: see what renews it`);
  return { value, expires };
}

function expiryOf(value: string): number | undefined {
  const { exp } = readClaims(value);
  return typeof exp === 'number' && Number.isFinite(exp) && exp > 0 && exp < 1e11 ? exp * 1000 : undefined;
}

/** What a JWT says of itself, not verified; nothing of any other token. */
function readClaims(value: string): Fields {
  return fieldsOf(parseJson(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString()));
}

const told = { iss: 'issuer', aud: 'audience', sub: 'subject' } as const;

/** Who a token is for, and until when: no part of it with which anybody could log in. */
export function describeToken({ value, expires }: Token): string {
  const claims = readClaims(value);
  const parts = Object.entries(told).flatMap(([name, word]) => {
    const claim = claims[name];
    const text = Array.isArray(claim) ? claim.join(' ') : claim;
    return typeof text === 'string' ? [`${word} ${text.slice(0, 200)}`] : [];
  });
  const until =
    expires === undefined ? 'it does not say when it expires' : `expires ${new Date(expires).toISOString()}`;
  return [...parts, until].join(', ');
}

/** There is no token to log in with. */
export function noToken(why: string, cause?: unknown): PublishError {
  const message = `Kafka is not available: no token for kafka.sasl: ${why} (SASL_TOKEN_UNAVAILABLE)`;
  return new PublishError('unavailable', 'SASL_TOKEN_UNAVAILABLE', message, { cause });
}

/** The broker does not accept a token. `said`: what it says of it. */
export function refusedToken(token: Token, said: string): PublishError {
  const what = said === '' ? '' : ` (${said.slice(0, 200)})`;
  const message = `Kafka is not available: the broker does not accept the token of kafka.sasl${what}: compare it with what the listener expects: ${describeToken(token)} (SASL_TOKEN_REFUSED)`;
  return new PublishError('unavailable', 'SASL_TOKEN_REFUSED', message);
}
