import { Rejection } from '../rejection.js';
import { sameText } from './algorithms.js';
import { isArray, parseBody, textAt } from './json-body.js';
import { JsonObject } from './json-object.js';
import type { Token } from './jws.js';
import type { Message } from './message.js';
import type { JwtPlan } from './plan.js';
import { renderBytes } from './sources.js';

/**
 * Checks the claims of a proven token (RFC 7519): `exp`, `nbf` and `iat` where they are, and those that the plugin names.
 * Returns when it was issued, in milliseconds since the epoch, if it says so.
 */
export function checkClaims(plan: JwtPlan, { payload }: Token, message: Message, now: number): number | undefined {
  if (payload === undefined) return undefined;
  const claims = parseBody(payload);
  if (!(claims instanceof JsonObject)) throw malformed('the token has no claims');
  for (const name of plan.required) if (!claims.has(name)) throw malformed(`the token has no claim "${name}"`);
  const issued = checkTimes(plan, claims, now);
  for (const [name, expected] of plan.claims) {
    const wanted = typeof expected === 'boolean' ? expected : renderBytes(expected, message);
    if (!agrees(claims, name, wanted)) {
      throw new Rejection('signature_mismatch', { detail: `the claim "${name}" is not that of this delivery` });
    }
  }
  return issued;
}

/** `true`: there, `false` or nothing: not there; an array agrees if one of its elements does, as `aud` has it. */
function agrees(claims: JsonObject, name: string, wanted: Buffer | boolean | undefined): boolean {
  const node = claims.get(name);
  if (wanted === undefined || typeof wanted === 'boolean') return (node !== undefined) === (wanted === true);
  const elements = isArray(node) ? node : [node];
  return elements.some((element) => typeof element === 'string' && sameText(element, wanted));
}

function checkTimes({ maxAge, leeway }: JwtPlan, claims: JsonObject, now: number): number | undefined {
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
function timeOf(claims: JsonObject, name: string): number | undefined {
  const text = textAt(claims, [name]);
  if (text === undefined) return undefined;
  if (!/^\d{1,12}(\.\d{1,9})?$/.test(text)) {
    throw new Rejection('timestamp_malformed', { detail: `the claim "${name}" is no time` });
  }
  return Number(text) * 1000;
}

function malformed(detail: string): Rejection {
  return new Rejection('signature_malformed', { detail });
}
