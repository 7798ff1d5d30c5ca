/** `ms` before `s`, which it ends with. */
const units = [
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
] as const;

/** Milliseconds of a duration that has been checked, such as `300s`, `5m` or `1.5h`. NaN for what is none. */
export function parseDuration(text: string): number {
  const [unit, size] = units.find(([name]) => text.endsWith(name)) ?? ['', Number.NaN];
  return Number(text.slice(0, -unit.length)) * size;
}
