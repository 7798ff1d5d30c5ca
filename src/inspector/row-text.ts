import type { DeliveryEvent } from './contract.js';

/** The texts of a row. Absent ones are ''. */
export interface RowTexts {
  readonly id: string;
  readonly client: string;
  readonly secret: string;
  /** Where no endpoint has it. */
  readonly path: string;
  readonly letterTopic: string;
  /** `partition@offset`. */
  readonly letterPlace: string;
  readonly events: readonly DeliveryEvent[];
}

/** Characters of a field, and of a whole row: an event that does not fit is not listed. */
const longestField = 200;
export const longestText = 8_000;
export const mostEvents = 20;

/** A field as it is kept. */
function cut(text: string): string {
  return text.length <= longestField ? text : text.slice(0, longestField);
}

/** Outcomes of an event, as a character. */
const outcomes = ['accepted', 'spooled', 'duplicate', 'dead_lettered'] as const;
export const eventMarks = { accepted: 0, spooled: 1, duplicate: 2, dead_lettered: 3 } as const;

/**
 * The beginning of a row. Here as elsewhere the lengths of the fields come first, a character each, and then the fields, which may have any
 * character: few pieces make a text quickly, and to put it together is most of what a row costs.
 */
export function writeHead(
  id: string,
  client: string,
  secret: string,
  path: string,
  letterTopic: string,
  letterPlace: string,
): string {
  const [a, b, c, d, e, f] = [cut(id), cut(client), cut(secret), cut(path), cut(letterTopic), cut(letterPlace)];
  return String.fromCharCode(a.length, b.length, c.length, d.length, e.length, f.length) + a + b + c + d + e + f;
}

/** An event that was published, or known already. `place`: `partition@offset`; '' in the spool. */
export function writeEvent(mark: number, id: string, type: string, topic: string, place: string, key: string): string {
  const [a, b, c, d, e] = [cut(id), cut(type), cut(topic), cut(place), cut(key)];
  return String.fromCharCode(mark, a.length, b.length, c.length, d.length, e.length) + a + b + c + d + e;
}

/** One that was rejected. */
export function writeRejected(reason: string, item: string): string {
  const [a, b] = [cut(reason), cut(item)];
  return String.fromCharCode(eventMarks.dead_lettered, a.length, b.length) + a + b;
}

/** Reads what `writeHead`, `writeEvent` and `writeRejected` have written. */
export function readTexts(text: string): RowTexts {
  const reader = new Reader(text);
  const [id = '', client = '', secret = '', path = '', letterTopic = '', letterPlace = ''] = reader.fields(6);
  const events: DeliveryEvent[] = [];
  while (!reader.atEnd) events.push(readEvent(reader));
  return { id, client, secret, path, letterTopic, letterPlace, events };
}

function readEvent(reader: Reader): DeliveryEvent {
  const outcome = outcomes[reader.number()] ?? 'accepted';
  if (outcome === 'dead_lettered') {
    const [reason = '', item = ''] = reader.fields(2);
    return { outcome, reason, ...(item !== '' && { item }) };
  }
  const [id = '', type = '', topic = '', place = '', key = ''] = reader.fields(5);
  return { outcome, id, type, topic, key, ...readPlace(place) };
}

/** Of `partition@offset`; '' is nowhere yet. */
export function readPlace(place: string): { readonly partition?: number; readonly offset?: string } {
  if (place === '') return {};
  const [partition = '', offset = ''] = place.split('@');
  return { partition: Number(partition), offset };
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  number(): number {
    return this.#text.charCodeAt(this.#at++);
  }

  fields(count: number): readonly string[] {
    const lengths = this.#at;
    let start = lengths + count;
    const fields: string[] = [];
    for (let index = 0; index < count; index++) {
      const end = start + this.#text.charCodeAt(lengths + index);
      fields.push(this.#text.slice(start, end));
      start = end;
    }
    this.#at = start;
    return fields;
  }
}
