import { Rejection } from '../core/rejection.js';
import type { TimestampUnit } from './declaration.js';
import type { ValueReader } from './sources.js';

export interface TimestampCheck {
  readonly value: ValueReader;
  readonly unit: TimestampUnit;
  /** Milliseconds. */
  readonly tolerance: number;
  readonly future: number;
}

const wholeNumber = /^[0-9]{1,15}$/;
/** Eleven digits of seconds last until the year 5138; of milliseconds they were over in 1973. */
const longestSeconds = 11;
const dateTime = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;
const zone = /([Zz]|[+-]\d\d:\d\d)$/;

/** Milliseconds since the epoch, or undefined if the text isn't of the form: digits only, or RFC 3339 (`iso8601-utc`: perhaps without its zone). */
export function parseTimestamp(text: string, unit: TimestampUnit): number | undefined {
  if (unit === 'iso8601' || unit === 'iso8601-utc') {
    const whole = unit === 'iso8601-utc' && !zone.test(text) ? `${text}Z` : text;
    const time = dateTime.test(whole) ? Date.parse(whole) : Number.NaN;
    return Number.isNaN(time) ? undefined : time;
  }
  if (!wholeNumber.test(text)) {
    return undefined;
  }
  const seconds = unit === 's' || (unit === 's|ms' && text.length <= longestSeconds);
  return seconds ? Number(text) * 1000 : Number(text);
}

/** `now` (milliseconds since the epoch) as the sender would write it. */
export function formatTimestamp(now: number, unit: TimestampUnit): string {
  if (unit === 'iso8601' || unit === 'iso8601-utc') {
    return new Date(now).toISOString();
  }
  return String(unit === 's' || unit === 's|ms' ? Math.floor(now / 1000) : now);
}

/** Throws unless `signedAt` is within the window. What counts seconds is compared in whole seconds, as its senders do. */
export function checkWindow(signedAt: number, check: TimestampCheck, now: number): void {
  const clock = check.unit.startsWith('s') ? Math.floor(now / 1000) * 1000 : now;
  if (clock - signedAt > check.tolerance) {
    throw new Rejection('timestamp_stale', { detail: `signed ${seconds(clock - signedAt)} s ago` });
  }
  if (signedAt - clock > check.future) {
    throw new Rejection('timestamp_future', { detail: `signed ${seconds(signedAt - clock)} s ahead` });
  }
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 1000);
}
