import { Rejection } from '../rejection.js';

/** How the text that carries the signature is taken apart. */
export interface EntryForm {
  readonly items?: string;
  readonly pair?: string;
  readonly pick?: string;
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
export function splitEntries(text: string, form: EntryForm): Entries {
  const candidates: string[] = [];
  const values: (string | undefined)[] = form.keys.map(() => undefined);
  if (form.items === undefined) {
    return { candidates: [text], values };
  }
  let start = 0;
  for (let count = 1; start <= text.length; count++) {
    if (count > maximumEntries) {
      throw malformed(`the signature has more than ${maximumEntries} entries`);
    }
    const found = text.indexOf(form.items, start);
    const end = found === -1 ? text.length : found;
    if (end > start) {
      takeEntry(text.slice(start, end), form, candidates, values);
    }
    start = end + form.items.length;
  }
  return { candidates, values };
}

function takeEntry(entry: string, form: EntryForm, candidates: string[], values: (string | undefined)[]): void {
  if (form.pair === undefined) {
    candidates.push(entry);
    return;
  }
  const at = entry.indexOf(form.pair);
  if (at === -1) {
    throw malformed('an entry of the signature has no key');
  }
  const key = entry.slice(0, at);
  const value = entry.slice(at + form.pair.length);
  if (key === form.pick) {
    candidates.push(value);
    return;
  }
  const index = form.keys.indexOf(key);
  if (index === -1) {
    return;
  }
  if (values[index] !== undefined) {
    throw malformed(`the signature has "${form.keys[index]}" twice`);
  }
  values[index] = value;
}

function malformed(detail: string): Rejection {
  return new Rejection('signature_malformed', { detail });
}
