import { type Focus, sizeOf, spend, tooMuch } from './budget.js';

/** Elements of an array that is sorted or searched for equal ones, as of any that JSONata makes. */
export const mostElements = 10_000;

type Values = readonly unknown[];

/** Texts and arrays that a function is given: what it makes of them is about as long. */
function lengthOf(values: Values): number {
  let sum = 0;
  for (const value of values) if (typeof value === 'string' || Array.isArray(value)) sum += value.length;
  return sum;
}

/** Functions that make more than they are given, and how much that can be. */
const costs: ReadonlyMap<string, (values: Values) => number> = new Map([
  ['string', ([value]: Values) => sizeOf(value)],
  ['clone', ([value]: Values) => sizeOf(value)],
  ['pad', ([text, width, fill]: Values) => lengthOf([text]) + Math.abs(Number(width)) * Math.max(1, lengthOf([fill]))],
  [
    'join',
    ([texts, between]: Values) => lengthOf([texts, ...[texts].flat()]) + lengthOf([texts]) * lengthOf([between]),
  ],
  ['replace', costOfReplacing],
]);

/** Their second value is a picture, which JSONata reads in the square of its length. */
const withPicture: ReadonlySet<string> = new Set([
  'formatInteger',
  'formatNumber',
  'parseInteger',
  'fromMillis',
  'toMillis',
]);
/** Characters; a picture has some twenty. */
const longestPicture = 1_000;

/** Of a call of a function of JSONata, in units. Throws if it is given what no bound within it would hold. */
export function costOf(name: string, values: Values): number {
  const [, picture] = values;
  if (withPicture.has(name) && typeof picture === 'string' && picture.length > longestPicture) throw tooMuch();
  // It takes the square of the length, too.
  if (name === 'spread' && Array.isArray(values[0]) && values[0].length > mostElements) throw tooMuch();
  return costs.get(name)?.(values) ?? lengthOf(values);
}

/** A regular expression gives at most `mostElements` matches, and each `$` of the replacement may be the whole text. */
function costOfReplacing([text, pattern, replacement]: Values): number {
  const length = lengthOf([text]);
  const inserted = lengthOf([replacement]);
  if (typeof text !== 'string') return 0;
  if (typeof pattern === 'string') return length + (pattern === '' ? 0 : count(text, pattern)) * inserted;
  const groups = typeof replacement === 'string' ? replacement.split('$').length - 1 : 0;
  return length * (1 + groups) + Math.min(mostElements, length + 1) * inserted;
}

function count(text: string, part: string): number {
  let found = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) found++;
  return found;
}

/** In the place of JSONata's own, which take the square of the length in time, `$sort` also in memory. */
export const replacements: {
  readonly [name: string]: ((this: Focus, ...values: unknown[]) => unknown) | undefined;
} = {
  async sort(list, isAfter) {
    if (!Array.isArray(list) || list.length <= 1) return list;
    if (list.length > mostElements) throw tooMuch();
    if (typeof isAfter === 'function') return mergeSort(list, async (a, b) => Boolean(await isAfter(a, b)));
    if (isAfter !== undefined) throw { code: 'T1006' };
    const same = list.every(isNumber) || list.every((each) => typeof each === 'string');
    if (!same) throw { code: 'D3070', index: 1 };
    return [...list].sort((a, b) => (a > b ? 1 : a < b ? -1 : 0));
  },
  distinct(list) {
    if (!Array.isArray(list) || list.length <= 1) return list;
    if (list.length > mostElements) throw tooMuch();
    spend(this, sizeOf(list));
    const seen = new Set<unknown>();
    const result: unknown[] = 'sequence' in list ? this.createSequence() : [];
    for (const each of list) {
      const key = canonical(each);
      if (!seen.has(key)) result.push(each);
      seen.add(key);
    }
    return result;
  },
};

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Stable, as JSONata's is. */
async function mergeSort(list: Values, isAfter: (a: unknown, b: unknown) => Promise<boolean>): Promise<unknown[]> {
  let sorted = [...list];
  for (let width = 1; width < sorted.length; width *= 2) {
    const next: unknown[] = [];
    for (let start = 0; start < sorted.length; start += 2 * width) {
      const middle = Math.min(start + width, sorted.length);
      const end = Math.min(middle + width, sorted.length);
      let [left, right] = [start, middle];
      while (left < middle && right < end) {
        next.push((await isAfter(sorted[left], sorted[right])) ? sorted[right++] : sorted[left++]);
      }
      next.push(...sorted.slice(left, middle), ...sorted.slice(right, end));
    }
    sorted = next;
  }
  return sorted;
}

/** A value that is the same for two values which JSONata takes for equal: the order of names does not matter, functions are themselves. */
function canonical(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? `"${value}` : value;
  return writeCanonical(value);
}

function writeCanonical(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(writeCanonical).join()}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${writeCanonical(each)}`).join()}}`;
}
