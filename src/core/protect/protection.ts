import { decodeUtf8 } from '../../util/utf8.js';
import type { BodyForm, ProtectedBody, Protection } from '../model.js';
import { applyEdits } from './edits.js';
import { createFieldTree, type FieldTree, type ProtectedField } from './fields.js';
import { type CardPlace, findCards } from './find-cards.js';
import { editForm } from './form-fields.js';
import { editJson } from './json-fields.js';
import { maskCards } from './mask-cards.js';
import type { Sealer } from './sealer.js';

export interface ProtectionOptions {
  readonly fields: readonly ProtectedField[];
  readonly panGuard: Protection['panGuard'];
  readonly sealer?: Sealer | undefined;
  /** JSON pointer of the events of a batch. */
  readonly items?: string | undefined;
  /** Absent: bodies are JSON. */
  readonly forms?: readonly BodyForm[] | undefined;
}

const masked = '****';
const jsonType = 'application/json';
const nothing = Buffer.alloc(0);
/** What was protected before. */
const ownText = /^(?:\*+|tok:[\w.-]+:[\w-]{43}|enc:v1:[\w.-]+:[\w-]{38,})$/;
const mostNames = 5;

/** A protection as an endpoint has it. */
export function createProtection(options: ProtectionOptions): Protection {
  return create(options, false);
}

function create(options: ProtectionOptions, isAgain: boolean): Protection {
  const { fields, panGuard, sealer, items } = options;
  const events = createFieldTree(fields);
  const deliveries = items === undefined ? events : createFieldTree(fields, items);
  const hides = panGuard === 'mask' || panGuard === 'park';
  const protection = {
    panGuard,
    fields,
    ...(sealer && { key: sealer.id, token: sealer.token, digest: sealer.digest, seal: sealer.seal }),
    open: (sealed: string) => sealer?.open(sealed)?.toString(),
    protect(bytes: Buffer, of: 'event' | 'delivery', contentType: string): ProtectedBody {
      const tree = of === 'event' ? events : deliveries;
      const edited = fields.length === 0 ? untouched(bytes) : editFields(bytes, tree, contentType, options, isAgain);
      const places = panGuard === 'off' ? [] : findCards(edited.bytes);
      const shown = hides ? applyEdits(edited.bytes, maskCards(edited.bytes, places)) : edited.bytes;
      return { ...edited, bytes: shown, cards: places.length, names: namesOf(places) };
    },
    json(text: string): string {
      const { bytes } = editFields(Buffer.from(text), events, jsonType, { ...options, forms: undefined }, isAgain);
      return hides ? textWithoutCards(bytes.toString()) : bytes.toString();
    },
    text: (text: string) => (hides ? textWithoutCards(text) : text),
  };
  return isAgain ? withItself(protection) : { ...protection, again: create(options, true) };
}

function withItself(protection: Omit<Protection, 'again'>): Protection {
  return {
    ...protection,
    get again() {
      return this;
    },
  };
}

type Edited = Pick<ProtectedBody, 'bytes' | 'withheld' | 'fields' | 'values'>;

function untouched(bytes: Buffer): Edited {
  return { bytes, withheld: false, fields: new Map(), values: 0 };
}

/** What can't be read is withheld: nobody knows what would be in it. */
function editFields(
  bytes: Buffer,
  tree: FieldTree,
  contentType: string,
  { forms, sealer }: ProtectionOptions,
  isAgain: boolean,
): Edited {
  const fields = new Map<string, string>();
  const form = formOf(forms, contentType);
  if (form === undefined || (form === 'json' && !isJson(bytes))) {
    return { bytes: nothing, withheld: true, fields, values: 0 };
  }
  let values = 0;
  const note = (field: ProtectedField, text: string | undefined): string | undefined => {
    if (text === undefined) return undefined;
    values++;
    fields.set(field.path, field.do);
    return text;
  };
  const isDone = (text: string) => isAgain && ownText.test(text);
  const edits =
    form === 'form'
      ? editForm(bytes, tree, (field, text) =>
          note(field, isDone(text) ? undefined : replace(field, text, text, sealer)),
        )
      : editJson(bytes, tree, (field, source) => {
          const json = source.toString();
          if (json === 'null' && field.do !== 'drop') return undefined;
          const text = json.startsWith('"') ? String(JSON.parse(json)) : json;
          return isDone(text) ? undefined : note(field, `"${replace(field, text, json, sealer)}"`);
        });
  return { bytes: applyEdits(bytes, edits), withheld: false, fields, values };
}

/** `text`: the value as text, for tokens; `source`: as it is written, to encrypt. */
function replace(field: ProtectedField, text: string, source: string, sealer: Sealer | undefined): string {
  if (field.do === 'tokenise') return sealer?.token(text) ?? masked;
  if (field.do === 'encrypt') return sealer?.seal(source) ?? masked;
  return masked;
}

function formOf(forms: readonly BodyForm[] | undefined, contentType: string): BodyForm['form'] {
  if (forms === undefined) return 'json';
  const type = contentType.replace(/;.*$/s, '').trim().toLowerCase();
  const form = forms.find((each) => each.type === undefined || each.type.test(type))?.form;
  return form === 'form' && type !== 'application/x-www-form-urlencoded' ? undefined : form;
}

function isJson(bytes: Buffer): boolean {
  try {
    const text = decodeUtf8(bytes);
    if (text !== undefined) JSON.parse(text);
    return text !== undefined;
  } catch {
    return false;
  }
}

function textWithoutCards(text: string): string {
  const bytes = Buffer.from(text);
  const places = findCards(bytes);
  return places.length === 0 ? text : applyEdits(bytes, maskCards(bytes, places)).toString();
}

/** A name may have a card number in it. */
function namesOf(places: readonly CardPlace[]): readonly string[] {
  const names = new Set<string>();
  for (const { name } of places) {
    if (names.size === mostNames) break;
    if (name !== undefined) names.add(textWithoutCards(name));
  }
  return [...names];
}
