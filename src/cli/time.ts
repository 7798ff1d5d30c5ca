import { Failure } from '../exit.js';

const units: { readonly [unit: string]: number | undefined } = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds since the epoch of a flag such as `2026-01-01T12:00:00Z`; without a text, now. Throws a usage Failure. */
export function timeOf(flag: string, text: string | undefined): number {
  if (text === undefined) return Date.now();
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new Failure('usage', `${flag} ${text}: not a time such as 2026-01-01T12:00:00Z`);
  return time;
}

/** Milliseconds since the epoch of a flag that is a time, or how long ago: `90m`, `24h`, `7d`. Throws a usage Failure. */
export function sinceOf(flag: string, text: string): number {
  const [, number, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (number !== undefined) return Date.now() - Number(number) * (units[unit] ?? 0);
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new Failure('usage', `${flag} ${text}: neither 24h nor 2026-01-01T12:00:00Z`);
  return time;
}

/** `45 s`, `12 min`, `3 h`, `2 d`. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 120 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
