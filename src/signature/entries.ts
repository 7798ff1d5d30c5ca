import { Rejection } from '../rejection.js';

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
  readonly candidates: readonly string[];
  /** By the position of their key in `EntryForm.keys`. */
  readonly values: readonly (string | undefined)[];
}

/** More entries than any provider sends during a rotation; what a stranger sends beyond costs nothing. */
const maximumEntries = 64;

/** Throws a Rejection `signature_malformed` if the text isn't of the form, or has a key twice where one is read. */
export function splitEntries(text: string, form: EntryForm, pick: string | undefined = form.pick): Entries {
  const candidates: string[] = [];
  const values: (string | undefined)[] = form.keys.map(() => undefined);
  if (form.items === undefined) {
    return { candidates: [text], values };
  }
  let start = 0;
  for (let index = 0; start <= text.length; index++) {
    if (index === maximumEntries) {
      throw malformed(`the signature has more than ${maximumEntries} entries`);
    }
    const found = text.indexOf(form.items, start);
    const end = found === -1 ? text.length : found;
    if (end > start) {
      const entry = text.slice(start, end);
      if (form.pair === undefined) takePlain(entry, String(index), form.keys, pick, candidates, values);
      else takePair(entry, form.pair, form.keys, pick, candidates, values);
    }
    start = end + form.items.length;
  }
  return { candidates, values };
}

function takePlain(
  entry: string,
  position: string,
  keys: EntryForm['keys'],
  pick: string | undefined,
  candidates: string[],
  values: (string | undefined)[],
): void {
  const index = keys.indexOf(position);
  if (index !== -1) values[index] = entry;
  if (pick === undefined ? index === -1 : pick === position) candidates.push(entry);
}

function takePair(
  entry: string,
  pair: string,
  keys: EntryForm['keys'],
  pick: string | undefined,
  candidates: string[],
  values: (string | undefined)[],
): void {
  const at = entry.indexOf(pair);
  if (at === -1) {
    throw malformed('an entry of the signature has no key');
  }
  const key = entry.slice(0, at);
  const value = entry.slice(at + pair.length);
  const index = keys.indexOf(key);
  if (key === pick || (pick === '*' && index === -1)) {
    candidates.push(value);
    return;
  }
  if (index === -1) {
    return;
  }
  if (values[index] !== undefined) {
    throw malformed(`the signature has "${keys[index]}" twice`);
  }
  values[index] = value;
}

function malformed(detail: string): Rejection {
  return new Rejection('signature_malformed', { detail });
}
