import { stringEnd, tokenEnd } from '../../signature/json-text.js';
import type { Edit } from './edits.js';
import { type FieldTree, memberOf, type ProtectedField } from './fields.js';

const quote = 0x22;
const comma = 0x2c;
const openArray = 0x5b;
const backslash = 0x5c;
const closeArray = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;
const space = 0x20;

/** The JSON text that takes the place of a value that is not dropped; undefined: it stays. `source`: the value as JSON has it. */
export type ReplaceValue = (field: ProtectedField, source: Buffer) => string | undefined;

/**
 * The edits that change the fields of a JSON text, and no other byte of it. A member that is dropped goes with its name and a
 * comma; an element becomes null, so that the others keep their places. A name that is there twice counts twice. `bytes` is
 * JSON: whoever calls has parsed it.
 */
export function editJson(bytes: Buffer, tree: FieldTree, replace: ReplaceValue): readonly Edit[] {
  const editor = new JsonEditor(bytes, replace);
  editor.value(tree, false);
  return editor.edits;
}

class JsonEditor {
  readonly #bytes: Buffer;
  readonly #replace: ReplaceValue;
  readonly edits: Edit[] = [];
  #at = 0;

  constructor(bytes: Buffer, replace: ReplaceValue) {
    this.#bytes = bytes;
    this.#replace = replace;
  }

  /** As deep as the longest path, and no deeper. `isMember`: whoever calls takes it out, if it is to be dropped. */
  value(tree: FieldTree | undefined, isMember: boolean): void {
    const code = this.#next();
    const field = tree?.field;
    if (field !== undefined) this.#field(field, isMember);
    else if (tree === undefined || tree.isLeaf) this.#skip();
    else if (code === openObject) this.#object(tree);
    else if (code === openArray) this.#array(tree);
    else this.#skip();
  }

  #field(field: ProtectedField, isMember: boolean): void {
    const start = this.#at;
    this.#skip();
    const text = this.#replace(field, this.#bytes.subarray(start, this.#at));
    if (field.do === 'drop') {
      if (!isMember) this.edits.push({ start, end: this.#at, text: 'null' });
    } else if (text !== undefined) this.edits.push({ start, end: this.#at, text });
  }

  #object(tree: FieldTree): void {
    this.#at++;
    /** Of the comma after the last member that stays. */
    let keptComma = -1;
    let more = this.#next() !== closeObject;
    if (!more) this.#at++;
    while (more) {
      this.#next();
      const start = this.#at;
      const below = this.#name(tree);
      this.value(below, true);
      const end = this.#at;
      const dropped = below?.field?.do === 'drop';
      more = this.#next() === comma;
      if (dropped && more) this.edits.push({ start, end: this.#at + 1, text: '' });
      else if (dropped) this.#dropLast(keptComma, start, end);
      else if (more) keptComma = this.#at;
      this.#at++;
    }
  }

  /** The comma before goes with it, unless it is that of a member that has gone, too. */
  #dropLast(keptComma: number, start: number, end: number): void {
    if (keptComma !== -1) {
      const index = this.edits.findLastIndex((edit) => edit.start < keptComma) + 1;
      this.edits.splice(index, 0, { start: keptComma, end: keptComma + 1, text: '' });
    }
    this.edits.push({ start, end, text: '' });
  }

  #array(tree: FieldTree): void {
    this.#at++;
    let more = this.#next() !== closeArray;
    if (!more) this.#at++;
    for (let index = 0; more; index++) {
      this.value(this.#element(tree, index), false);
      more = this.#next() === comma;
      this.#at++;
    }
  }

  #element(tree: FieldTree, index: number): FieldTree | undefined {
    if (tree.names.size === 0) return tree.rest;
    const name = Buffer.from(String(index));
    return memberOf(tree, name, 0, name.length);
  }

  /** Goes past a name and its colon; what is below it. */
  #name(tree: FieldTree): FieldTree | undefined {
    const bytes = this.#bytes;
    const start = this.#at;
    this.#at = stringEnd(bytes, start);
    const end = this.#at;
    this.#next();
    this.#at++;
    if (!hasEscape(bytes, start, end)) return memberOf(tree, bytes, start + 1, end - 1);
    const name = Buffer.from(String(JSON.parse(bytes.toString('utf8', start, end))));
    return memberOf(tree, name, 0, name.length);
  }

  #next(): number {
    const bytes = this.#bytes;
    while ((bytes[this.#at] ?? 0x7f) <= space) this.#at++;
    return bytes[this.#at] ?? -1;
  }

  #skip(): void {
    const bytes = this.#bytes;
    let open = 0;
    do {
      const code = bytes[this.#at] ?? -1;
      if (code === -1) return;
      if (code === quote) this.#at = stringEnd(bytes, this.#at);
      else if (code === openObject || code === openArray) {
        open++;
        this.#at++;
      } else if (code === closeObject || code === closeArray) {
        open--;
        this.#at++;
      } else if (open > 0) this.#at++;
      else this.#at = tokenEnd(bytes, this.#at);
    } while (open > 0);
  }
}

function hasEscape(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === backslash) return true;
  return false;
}
