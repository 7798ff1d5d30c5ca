import { Rejection } from '../core/rejection.js';
import { decodeUtf8 } from '../util/utf8.js';
import { isRecord } from '../util/values.js';
import { sameText } from './algorithms.js';
import type { JwsToken } from './jws.js';
import type { SignedMessage } from './message.js';
import type { JwtPlan } from './plan.js';
import { renderBytes } from './sources.js';

/**
 * Checks the claims of a proven token (RFC 7519): `exp`, `nbf` and `iat` where they are, and those that the plugin names.
 * Returns when it was issued, in milliseconds since the epoch, if it says so.
 */
export function checkClaims(
  plan: JwtPlan,
  { payload }: JwsToken,
  message: SignedMessage,
  now: number,
): number | undefined {
  if (payload === undefined) return undefined;
  const claims = parseClaims(payload);
  for (const name of plan.required) if (!claims.has(name)) throw malformed(`the token has no claim "${name}"`);
  const issued = checkTimes(plan, claims, now);
  for (const [name, expected] of plan.claims) {
    const wanted = typeof expected === 'boolean' ? expected : renderBytes(expected, message);
    if (!agrees(claims.get(name), wanted)) {
      throw new Rejection('signature_mismatch', { detail: `the claim "${name}" is not that of this delivery` });
    }
  }
  return issued;
}

type Claims = ReadonlyMap<string, unknown>;

/** Of a name that is there twice the last one counts, which RFC 7519 allows: the provider has signed them. */
function parseClaims(payload: Buffer): Claims {
  try {
    const claims: unknown = JSON.parse(decodeUtf8(payload) ?? '');
    if (isRecord(claims)) return new Map(Object.entries(claims));
  } catch {
    // V8's message quotes the text.
  }
  throw malformed('the token has no claims');
}

/** `true`: there, `false` or nothing: not there; an array agrees if one of its elements does, as `aud` has it. */
function agrees(claim: unknown, wanted: Buffer | boolean | undefined): boolean {
  if (wanted === undefined || typeof wanted === 'boolean') return (claim !== undefined) === (wanted === true);
  const elements: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return elements.some((element) => isScalar(element) && sameText(String(element), wanted));
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function checkTimes({ maxAge, leeway }: JwtPlan, claims: Claims, now: number): number | undefined {
  const expires = timeOf(claims, 'exp');
  const notBefore = timeOf(claims, 'nbf');
  const issued = timeOf(claims, 'iat');
  if (maxAge !== undefined && issued === undefined) {
    throw new Rejection('timestamp_malformed', { detail: 'the token has no claim "iat"' });
  }
  const oldest = maxAge === undefined || issued === undefined ? undefined : issued + maxAge;
  if ((expires !== undefined && expires + leeway <= now) || (oldest !== undefined && oldest + leeway < now)) {
    throw new Rejection('timestamp_stale', { detail: 'the token has expired' });
  }
  const clock = Math.floor(now / 1000) * 1000;
  if (Math.max(notBefore ?? 0, issued ?? 0) > clock + Math.max(leeway, 1000)) {
    throw new Rejection('timestamp_future', { detail: 'the token is not valid yet' });
  }
  return issued ?? notBefore;
}

/** A NumericDate in milliseconds. */
function timeOf(claims: Claims, name: string): number | undefined {
  const claim = claims.get(name);
  if (claim === undefined || claim === null) return undefined;
  const text = isScalar(claim) ? String(claim) : '';
  if (!/^\d{1,12}(\.\d{1,9})?$/.test(text)) {
    throw new Rejection('timestamp_malformed', { detail: `the claim "${name}" is no time` });
  }
  return Number(text) * 1000;
}

function malformed(detail: string): Rejection {
  return new Rejection('signature_malformed', { detail });
}
