import { toPointer } from '../diagnostics/pointer.js';
import { valuesOf } from './builder.js';
import { compileConditions, findUnmet } from './conditions.js';
import type { Conditions, HandshakeDeclaration } from './declaration.js';
import { compileFilter, type Value } from './filters.js';
import { SignedMessage } from './message.js';
import { NameTable } from './name-table.js';
import { Pointers } from './pointers.js';
import { compileParts, type Piece, type Scope } from './sources.js';
import { parseTemplate, type TemplatePart, type ValuePart } from './templates.js';

/** A text that a handshake signs for anybody who asks, with the key of the events. */
export interface Offer {
  /** JSON pointer, from the handshake, of the template that signs. */
  readonly pointer: string;
  /** The value that the stranger chooses. */
  readonly part: ValuePart;
  /** True if some request of a stranger has this very text signed. In doubt true. */
  readonly covers: (text: Buffer) => boolean;
}

/** What whoever sends a request chooses. */
const strangers: ReadonlySet<ValuePart['source']> = new Set([
  'header',
  'query',
  'form',
  'json',
  'raw',
  'url',
  'target',
  'path',
]);
/** These let a text through as it is, or not at all. */
const sieves: ReadonlySet<string> = new Set(['hex', 'nonempty']);

/** What a handshake signs for strangers; nothing where it answers only requests whose signature is good. */
export function compileOffers({ verified, when, respond }: HandshakeDeclaration): readonly Offer[] {
  if (verified !== 'before') return [];
  const { body, json } = respond;
  const templates: readonly Template[] =
    json === undefined ? [{ text: body ?? '', pointer: '/respond/body' }] : textsOf(json, '/respond/json');
  return templates.flatMap(({ text, pointer }) =>
    valuesOf(parseTemplate(text).parts).flatMap((part) => {
      const at = part.filters.findIndex(({ name }) => name.startsWith('hmac-'));
      if (at === -1 || !strangers.has(part.source)) return [];
      return [{ pointer, part, covers: compileCover(part, at, when) }];
    }),
  );
}

interface Template {
  readonly text: string;
  readonly pointer: string;
}

function textsOf(json: unknown, pointer: string): readonly Template[] {
  if (typeof json === 'string') return [{ text: json, pointer }];
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([name, each]) => textsOf(each, pointer + toPointer(name)));
}

/**
 * Only what `when` says of this very value counts: whatever else it wants of a request, a stranger can send.
 */
function compileCover(part: ValuePart, at: number, when: Conditions): Offer['covers'] {
  const before = part.filters.slice(0, at);
  // What another filter has changed is not the text that the conditions are about.
  if (!before.every(({ name }) => sieves.has(name))) return () => true;
  const limits = compileConditions(
    Object.fromEntries(Object.entries(when).filter(([template, wanted]) => isAbout(part, template, wanted))),
    compileForText,
  );
  const filters = before.map(compileFilter);
  return (text) => {
    const passed = filters.reduce<Value | undefined>((value, apply) => apply(value, {}), text);
    const message = new SignedMessage({ method: 'POST', headers: {}, target: '/', body: text });
    return passed !== undefined && findUnmet(limits, message) === undefined;
  };
}

function isAbout(part: ValuePart, template: string, wanted: Conditions[string]): boolean {
  const texts = typeof wanted === 'boolean' ? [] : [wanted].flat();
  return [template, ...texts].every((text, index) => {
    const values = valuesOf(parseTemplate(text).parts);
    return (index > 0 || values.length > 0) && values.every((value) => isSame(value, part));
  });
}

function isSame(a: ValuePart, b: ValuePart): boolean {
  return a.source === b.source && a.name === b.name;
}

/** A template of the one value, to be read from a message whose body is the text that this value would be. */
function compileForText(template: string): readonly Piece[] {
  return compileParts(parseTemplate(template).parts.map(fromBody), emptyScope());
}

function fromBody(part: TemplatePart): TemplatePart {
  if (part.kind === 'optional') return { ...part, parts: part.parts.map(fromBody) };
  return part.kind === 'value' ? { ...part, source: 'raw', name: '' } : part;
}

function emptyScope(): Scope {
  return {
    sigKeys: [],
    lets: new Map(),
    secret: undefined,
    form: { names: new NameTable(), all: false },
    json: new Pointers(),
    item: new Pointers(),
    jws: new Pointers(),
    holdsPayload: () => false,
  };
}
