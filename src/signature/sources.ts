import type { HeaderValues } from '../model.js';
import { Rejection } from '../rejection.js';
import { type BatchItem, type JsonNode, pointerPath, textAt } from './json-body.js';
import type { Filter, Part, ValuePart } from './templates.js';

/** What the sources of a template read. */
export interface Message {
  readonly method: string;
  readonly headers: HeaderValues;
  readonly body: Buffer;
  /** Values of the signature's own entries, by the position of their key in `Plan.sigKeys`. */
  readonly sig: readonly (string | undefined)[];
  /** The parsed body, where a source needs it. */
  readonly document?: JsonNode | undefined;
  readonly item?: BatchItem | undefined;
}

/** A value of a template, ready to be read. */
export interface ValueReader {
  readonly kind: 'value';
  /** As people know it: `header stripe-signature`. */
  readonly label: string;
  /** True where the text has one character for each byte, as Node gives headers. */
  readonly latin1: boolean;
  /** The value, or undefined if the message hasn't got it. */
  readonly read: (message: Message) => string | undefined;
}

/** A part of a template, ready to be read. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'raw' }
  | ValueReader
  | { readonly kind: 'optional'; readonly pieces: readonly Piece[] };

const notAscii = /[\u0080-\uffff]/;

/** `sigKeys`: the keys that the templates of the scheme read from the signature's entries. */
export function compileParts(parts: readonly Part[], sigKeys: readonly string[]): readonly Piece[] {
  return parts.map((part): Piece => {
    if (part.kind === 'value') {
      return part.source === 'raw' ? { kind: 'raw' } : compileValue(part, sigKeys);
    }
    return part.kind === 'text' ? part : { kind: 'optional', pieces: compileParts(part.parts, sigKeys) };
  });
}

export function compileValue(part: ValuePart, sigKeys: readonly string[]): ValueReader {
  const source = sourceReader(part, sigKeys);
  const read =
    part.filters.length === 0
      ? source
      : (message: Message) => part.filters.reduce<string | undefined>(applyFilter, source(message));
  const latin1 = part.source === 'header' || part.source === 'sig';
  return { kind: 'value', label: `${part.source} ${part.name}`.trim(), latin1, read };
}

function sourceReader({ source, name }: ValuePart, sigKeys: readonly string[]): ValueReader['read'] {
  switch (source) {
    case 'header':
      return (message) => readHeader(message.headers, name);
    case 'sig': {
      const index = sigKeys.indexOf(name);
      return (message) => message.sig[index];
    }
    case 'json':
    case 'item': {
      const path = pointerPath(name);
      return (message) => {
        const root = source === 'json' ? message.document : message.item?.node;
        return root === undefined ? undefined : textAt(root, path);
      };
    }
    case 'method':
      return (message) => message.method;
    case 'raw':
      throw new TypeError('raw bytes are not a text');
  }
}

function readHeader(headers: HeaderValues, name: string): string | undefined {
  const values = headers[name];
  if (values !== undefined && values.length > 1) {
    throw new Rejection('signature_malformed', { detail: `header ${name} is given ${values.length} times` });
  }
  return values?.[0];
}

function applyFilter(value: string | undefined, filter: Filter): string | undefined {
  switch (filter.name) {
    case 'default':
      return value ?? filter.argument;
    case 'lower':
      return value?.toLowerCase();
    case 'upper':
      return value?.toUpperCase();
    case 'trim':
      return value?.trim();
  }
}

/**
 * Appends what the pieces stand for to `chunks`: texts, which are hashed as UTF-8, and bytes as they are. Returns the
 * label of a value that the message hasn't got, or undefined if it has them all.
 */
export function render(pieces: readonly Piece[], message: Message, chunks: (string | Buffer)[]): string | undefined {
  for (const piece of pieces) {
    if (piece.kind === 'text') {
      chunks.push(piece.text);
    } else if (piece.kind === 'raw') {
      chunks.push(message.body);
    } else if (piece.kind === 'value') {
      const value = piece.read(message);
      if (value === undefined) {
        return piece.label;
      }
      chunks.push(piece.latin1 && notAscii.test(value) ? Buffer.from(value, 'latin1') : value);
    } else {
      const inner: (string | Buffer)[] = [];
      if (render(piece.pieces, message, inner) === undefined) {
        chunks.push(...inner);
      }
    }
  }
  return undefined;
}
