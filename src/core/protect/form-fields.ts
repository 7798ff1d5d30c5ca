import type { Edit } from './edits.js';
import { type FieldTree, memberOf, type ProtectedField } from './fields.js';

const ampersand = 0x26;
const equals = 0x3d;

/** The text that takes the place of a value that is not dropped; undefined: it stays. The value is given decoded. */
export type ReplaceText = (field: ProtectedField, value: string) => string | undefined;

/**
 * The edits that change the fields of a form (`a=1&b=2`), and no other byte of it. One that is dropped goes with an `&`. A name
 * that is there twice counts twice.
 */
export function editForm(bytes: Buffer, tree: FieldTree, replace: ReplaceText): readonly Edit[] {
  const edits: Edit[] = [];
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(ampersand, start);
    const end = found === -1 ? bytes.length : found;
    const at = bytes.subarray(start, end).indexOf(equals);
    const nameEnd = at === -1 ? end : start + at;
    const name = Buffer.from(decode(bytes, start, nameEnd));
    const field = memberOf(tree, name, 0, name.length)?.field;
    if (field !== undefined && start < end) {
      const text = replace(field, decode(bytes, Math.min(nameEnd + 1, end), end));
      if (field.do === 'drop') edits.push(dropped(bytes, start, end));
      else if (text !== undefined && nameEnd < end)
        edits.push({ start: nameEnd + 1, end, text: encodeURIComponent(text) });
    }
    start = end + 1;
  }
  return edits;
}

/** With the `&` after it; of the last one, the one before it stays: a form may end with one. */
function dropped(bytes: Buffer, start: number, end: number): Edit {
  return { start, end: Math.min(end + 1, bytes.length), text: '' };
}

/** What is not percent-encoded UTF-8 stands for itself. */
function decode(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
