import type { HeaderValues } from '../core/model.js';
import { Rejection } from '../core/rejection.js';
import { fromPointer } from '../diagnostics/pointer.js';
import { asText, compileFilter, type Value } from './filters.js';
import { singleValue } from './form.js';
import type { FormUse, SignedMessage } from './message.js';
import type { Pointers } from './pointers.js';
import type { TemplatePart, ValuePart } from './templates.js';
import type { SourceName } from './vocabulary.js';

/** A value of a template, ready to be read. */
export interface ValueReader {
  readonly kind: 'value';
  /** As people know it: `header stripe-signature`. */
  readonly label: string;
  /** The value, or undefined if the message hasn't got it. */
  readonly read: (message: SignedMessage) => Value | undefined;
}

/** The same as text of one character for each byte. */
export interface BytesReader {
  readonly label: string;
  readonly read: (message: SignedMessage) => string | undefined;
}

/** A part of a template, ready to be read. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'raw' }
  | ValueReader
  | { readonly kind: 'optional'; readonly pieces: readonly Piece[] };

/** What the templates of one scheme share. */
export interface Scope {
  /** Keys that are read from the signature's entries; compiling `{sig.KEY}` adds one. */
  readonly sigKeys: string[];
  /** The named intermediates that are compiled so far. */
  readonly lets: ReadonlyMap<string, readonly Piece[]>;
  /** What is read of the body as JSON, of a batch item, and of the header of a token; compiling a source adds to it. */
  readonly json: Pointers;
  readonly item: Pointers;
  readonly jws: Pointers;
  readonly form: FormUse;
  /** Whether the payload, or the document that the signature is about, is read from this source. */
  holdsPayload(source: SourceName, name: string): boolean;
  /** What the scheme's own key is for, where the plugin names its secrets. */
  readonly secret: string | undefined;
}

const notAscii = /[\u0080-\uffff]/;

export function compileParts(parts: readonly TemplatePart[], scope: Scope): readonly Piece[] {
  return parts.map((part): Piece => {
    if (part.kind === 'value') {
      return part.source === 'raw' && part.filters.length === 0 ? { kind: 'raw' } : compileValue(part, scope);
    }
    return part.kind === 'text' ? part : { kind: 'optional', pieces: compileParts(part.parts, scope) };
  });
}

export function compileValue(part: ValuePart, scope: Scope): ValueReader {
  const source = sourceReader(part, scope);
  const label = `${part.source} ${part.name}`.trim();
  const read = part.filters
    .map(compileFilter)
    .reduce<ValueReader['read']>((inner, apply) => (message) => apply(inner(message), message), source);
  return { kind: 'value', label, read };
}

/** What carries a signature: headers are of that form already, and long enough that they aren't looked at for nothing. */
export function compileBytes({ source, name, filters }: ValuePart, { label, read }: ValueReader): BytesReader {
  return source === 'header' && filters.length === 0
    ? { label, read: (message) => readHeader(message.request.headers, name) }
    : { label, read: (message) => textOfBytes(read(message)) };
}

function textOfBytes(value: Value | undefined): string | undefined {
  if (typeof value === 'string') return notAscii.test(value) ? Buffer.from(value).toString('latin1') : value;
  return value?.toString('latin1');
}

/** The value as text. */
export function readText(reader: ValueReader, message: SignedMessage): string | undefined {
  const value = reader.read(message);
  return value === undefined ? undefined : asText(value);
}

function sourceReader({ source, name }: ValuePart, scope: Scope): ValueReader['read'] {
  const whole = scope.holdsPayload(source, name);
  switch (source) {
    case 'header':
      return (message) => bytesOfHeader(readHeader(message.request.headers, name));
    case 'sig': {
      const index = sigIndex(scope.sigKeys, name);
      return (message) => bytesOfHeader(message.sig[index]);
    }
    case 'json': {
      const pointers = scope.json;
      const slot = pointers.add(fromPointer(name));
      return (message) => message.json(pointers, slot, whole);
    }
    case 'item': {
      const slot = scope.item.add(fromPointer(name));
      return (message) => message.ofItem(slot);
    }
    case 'jws': {
      const slot = scope.jws.add([name]);
      return (message) => message.jws?.text(slot);
    }
    case 'form': {
      const { form } = scope;
      const number = form.names.add(name);
      return (message) => message.field(form, number, name, whole);
    }
    case 'query':
      return (message) => singleValue(message.query, name);
    case 'param':
      return (message) => message.surroundings.params[name];
    case 'secret':
      return name === '' || name === scope.secret
        ? (message) => message.key?.export()
        : (message) => message.secrets?.get(name)?.export();
    case 'let': {
      const pieces = scope.lets.get(name) ?? [];
      return (message) => renderBytes(pieces, message);
    }
    case 'url':
    case 'path':
    case 'target':
      return (message) => message[source];
    case 'method':
      return (message) => message.request.method;
    case 'raw':
      return (message) => message.request.body;
  }
}

/** Node gives headers as one character for each byte. */
function bytesOfHeader(value: string | undefined): Value | undefined {
  return value !== undefined && notAscii.test(value) ? Buffer.from(value, 'latin1') : value;
}

function sigIndex(keys: string[], name: string): number {
  if (!keys.includes(name)) keys.push(name);
  return keys.indexOf(name);
}

function readHeader(headers: HeaderValues, name: string): string | undefined {
  const values = headers[name];
  if (values !== undefined && values.length > 1) {
    throw new Rejection('signature_malformed', { detail: `header ${name} is given ${values.length} times` });
  }
  return values?.[0];
}

/**
 * Appends what the pieces stand for to `chunks`: texts, which are hashed as UTF-8 and joined where they follow one
 * another, and bytes as they are. Returns the label of a value that the message hasn't got, or undefined if it has them all.
 */
export function render(pieces: readonly Piece[], message: SignedMessage, chunks: Value[]): string | undefined {
  // A hash takes one text faster than its parts.
  let text = '';
  for (const piece of pieces) {
    const value = piece.kind === 'text' ? piece.text : readPiece(piece, message);
    if (value === undefined) {
      if (piece.kind === 'value') return piece.label;
    } else if (typeof value === 'string') {
      text += value;
    } else {
      if (text !== '') chunks.push(text);
      chunks.push(value);
      text = '';
    }
  }
  if (text !== '') chunks.push(text);
  return undefined;
}

function readPiece(piece: Exclude<Piece, { kind: 'text' }>, message: SignedMessage): Value | undefined {
  if (piece.kind === 'raw') return message.request.body;
  return piece.kind === 'value' ? piece.read(message) : renderBytes(piece.pieces, message);
}

/** What the pieces stand for as one value, or undefined if the message lacks a part of it. */
export function renderBytes(pieces: readonly Piece[], message: SignedMessage): Buffer | undefined {
  const chunks: Value[] = [];
  if (render(pieces, message, chunks) !== undefined) return undefined;
  return Buffer.concat(chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk)));
}
