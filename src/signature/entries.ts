import { Rejection } from '../core/rejection.js';

/** How the text that carries the signature is taken apart. */
export interface EntryForm {
  readonly items?: string;
  readonly pair?: string;
  /** The key of the signatures, or their position where there are no keys; `*`: every key that isn't read. */
  readonly pick?: string | undefined;
  /** The keys beside `pick` whose values are read. */
  readonly keys: readonly string[];
}

export interface Entries {
  /** Every text that may be the signature. */
  readonly candidates: string[];
  /** By the position of their key in `EntryForm.keys`. */
  readonly values: (string | undefined)[];
}

/** More entries than any provider sends during a rotation; what a stranger sends beyond costs nothing. */
const maximumEntries = 64;

/** Throws a Rejection `signature_malformed` if the text isn't of the form, or has a key twice where one is read. */
export function splitEntries(text: string, form: EntryForm, pick: string | undefined = form.pick): Entries {
  if (form.items === undefined) return { candidates: [text], values: [] };
  const entries: Entries = { candidates: [], values: new Array(form.keys.length).fill(undefined) };
  let start = 0;
  for (let index = 0; start <= text.length; index++) {
    if (index === maximumEntries) {
      throw malformed(`the signature has more than ${maximumEntries} entries`);
    }
    const found = text.indexOf(form.items, start);
    const end = found === -1 ? text.length : found;
    if (end > start) {
      if (form.pair === undefined) takePlain(text.slice(start, end), String(index), form.keys, pick, entries);
      else takePair(text, start, end, form.pair, form.keys, pick, entries);
    }
    start = end + form.items.length;
  }
  return entries;
}

function takePlain(
  entry: string,
  position: string,
  keys: EntryForm['keys'],
  pick: string | undefined,
  { candidates, values }: Entries,
): void {
  const index = keys.indexOf(position);
  if (index !== -1) values[index] = entry;
  if (pick === undefined ? index === -1 : pick === position) candidates.push(entry);
}

function takePair(
  text: string,
  start: number,
  end: number,
  pair: string,
  keys: EntryForm['keys'],
  pick: string | undefined,
  { candidates, values }: Entries,
): void {
  const at = text.indexOf(pair, start);
  if (at === -1 || at + pair.length > end) {
    throw malformed('an entry of the signature has no key');
  }
  const key = text.slice(start, at);
  const index = keys.indexOf(key);
  if (key === pick || (pick === '*' && index === -1)) {
    candidates.push(text.slice(at + pair.length, end));
  } else if (index !== -1) {
    if (values[index] !== undefined) throw malformed(`the signature has "${key}" twice`);
    values[index] = text.slice(at + pair.length, end);
  }
}

function malformed(detail: string): Rejection {
  return new Rejection('signature_malformed', { detail });
}
