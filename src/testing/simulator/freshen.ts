import type { Freshness } from '../../config/plugins/declaration.js';
import { ExactNumber } from '../../util/json/number.js';
import { itemPaths, parsePath } from '../../util/json/paths.js';
import { copyJson } from '../../util/json/write.js';
import { renewAt } from './renew.js';

/**
 * Dotted path into each item's value → how it is made again. `$headers.NAME` is the header of that name; a path may go on
 * into a text that is a document (`renewAt`).
 */
export type FreshPaths = { readonly [path: string]: Freshness };

/** An integer in [0, limit). */
export type Random = (limit: number) => number;

/** What a provider sends, before it is signed. */
export interface Message {
  /** Lower-case names. */
  readonly headers: { readonly [name: string]: string };
  /** A JSON value, its numbers as they are or as `ExactNumber`s; or a text. */
  readonly payload: unknown;
}

const headerPrefix = '$headers.';
const digits = '0123456789';
const lowerCase = 'abcdefghijklmnopqrstuvwxyz';
const upperCase = lowerCase.toUpperCase();

/**
 * The message as if it were sent for the first time: its identifiers and times made again where `fresh` says so.
 * A path that the message lacks is left out. `now` in milliseconds since the epoch.
 */
export function freshen<M extends Message>(
  message: M,
  fresh: FreshPaths,
  items: string | undefined,
  now: number,
  random: Random,
): M {
  const headers = { ...message.headers };
  let payload = copyJson(message.payload);
  for (const [path, freshness] of Object.entries(fresh)) {
    if (path.startsWith(headerPrefix)) {
      const name = path.slice(headerPrefix.length);
      const old = headers[name];
      if (old !== undefined) headers[name] = String(makeAnew(old, freshness, now, random));
      continue;
    }
    for (const item of itemPaths(payload, items)) {
      const at = [...item, ...parsePath(path)];
      payload = renewAt(payload, at, (old) => makeAnew(old, freshness, now, random));
    }
  }
  return { ...message, headers, payload };
}

function makeAnew(old: unknown, freshness: Freshness, now: number, random: Random): unknown {
  switch (freshness) {
    case 'id':
      if (old instanceof ExactNumber) return new ExactNumber(sameNumber(old.text, random));
      return typeof old === 'number' ? Number(sameNumber(String(old), random)) : sameShape(String(old), random);
    case 'uuid':
      return makeUuid(random);
    case 'seconds':
      return likewise(old, Math.floor(now / 1000), now);
    case 'milliseconds':
      return likewise(old, now, now);
    case 'iso8601':
      return new Date(now).toISOString();
    case 'increment':
      return typeof old === 'number' ? old + 1 : String(Number(old) + 1);
    case 'toggle':
      return old !== true;
  }
}

/** A time in the form that the example has: one path may hold a number in one event and RFC 3339 in another. */
function likewise(old: unknown, value: number, now: number): number | string {
  if (typeof old !== 'string') return value;
  return /^\d+$/.test(old) ? String(value) : new Date(now).toISOString();
}

/**
 * Another identifier of the same length, in the character classes of the old one: `evt_1NG8` → `evt_Kd07`. What
 * stands before the last `_` stays, and so does punctuation.
 */
export function sameShape(old: string, random: Random): string {
  const start = old.lastIndexOf('_') + 1;
  const variable = old.slice(start);
  const alphabet = [
    /[a-z]/.test(variable) ? lowerCase : '',
    /[A-Z]/.test(variable) ? upperCase : '',
    /[0-9]/.test(variable) ? digits : '',
  ].join('');
  // A number has no leading zero.
  const drawn = variable.replace(/[A-Za-z0-9]/g, (_, index: number) =>
    alphabet === digits && index === 0 ? String(1 + random(9)) : alphabet.charAt(random(alphabet.length)),
  );
  return old.slice(0, start) + drawn;
}

/** Another integer of as many digits; what stands behind them is left out. */
function sameNumber(old: string, random: Random): string {
  const [, sign = '', digits = ''] = /^(-?)(\d+)/.exec(old) ?? [];
  return sign + sameShape(digits, random);
}

/** Version 4 of RFC 9562. */
function makeUuid(random: Random): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (place) =>
    (place === 'x' ? random(16) : 8 + random(4)).toString(16),
  );
}
