import type { Fields } from './log.js';

export type Sums = { readonly [name: string]: number };

/** Fields that name the cause of a line. What else a line has differs from one time to the next. */
const about = ['endpoint', 'events', 'topic', 'topics', 'host', 'dir', 'folder', 'file', 'at', 'worker', 'during'];
const why = ['reason', 'code', 'rule', 'signal', 'stack'];
const naming = [...about, ...why];
/** Characters of a field that count. */
const longestValue = 200;

/** Fields that are added up over the lines that were not written. */
const summed = ['refused'];

/** The line that says that a cause is over → the lines of that cause. They agree in the naming fields that both have. */
export const endings: ReadonlyMap<string, readonly string[]> = new Map([
  ['connected to Kafka', ['no connection to Kafka', 'Kafka answers with an error']],
  ['lane open: records go to Kafka', ['lane closed: records go to the spool']],
  [
    'the dedupe window can be used again',
    ['the dedupe window cannot be used: after a restart, and in other workers, repetitions are published again'],
  ],
  ['expected events come again', ['expected events do not come']],
  ['the collector takes spans', ['spans dropped: the collector does not take them']],
  ['the shared dedupe store can be used', ['the shared dedupe store cannot be used']],
  ['certificate renewed', ['certificate not renewed: the old one stays']],
  ['configuration reloaded', ['configuration not reloaded: the old one stays', 'fault in the configuration']],
]);

/** Of these, those that answer what an operator did: they are always written, and so is the next fault. */
export const answers = new Set(['configuration reloaded']);

/** Adds what the line counts. */
export function add(sums: Sums, fields: Fields): Sums {
  const next: { [name: string]: number } = { ...sums };
  for (const field of summed) {
    const value = fields[field];
    if (typeof value === 'number') next[field] = (next[field] ?? 0) + value;
  }
  return next;
}

/** Whether the line `ending` says that the cause of this message and name is over. */
export function isEndedBy(message: string, name: Fields, ending: string, fields: Fields): boolean {
  if (endings.get(ending)?.includes(message) !== true) return false;
  const end = pick(fields);
  return Object.keys(end).every((field) => name[field] === undefined || name[field] === end[field]);
}

/** The fields that name the cause. */
export function pick(fields: Fields): Fields {
  const name: { [field: string]: unknown } = {};
  for (const field of naming) {
    const value = fields[field];
    if (value !== undefined && value !== null) name[field] = shorten(value);
  }
  return name;
}

function shorten(value: unknown): unknown {
  if (typeof value === 'number') return value;
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, longestValue);
}
