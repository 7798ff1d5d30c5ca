import { visit } from 'jsonc-parser';
import { Rejection } from '../rejection.js';

/** A JSON value with its place in the text. Numbers keep their source text: 1050.00 must not become 1050. */
export type JsonNode =
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, JsonNode> }
  | { readonly kind: 'array'; readonly elements: readonly JsonNode[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'null' };

/** One element of a batch and where it is. */
export interface BatchItem {
  readonly path: readonly (string | number)[];
  readonly node: JsonNode;
}

/**
 * What a body of a stranger may cost, in characters and in values with their names. Providers that sign fields send a
 * few kilobytes.
 */
const maximumText = 512 * 1024;
const maximumValues = 10_000;
/** Deeper than any provider nests, shallower than the parser's stack. */
const maximumDepth = 500;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const surrogate = /\p{Surrogate}/u;

/**
 * Parses a body of which fields are signed. Refuses what two parsers could read in two ways: duplicate keys, bytes
 * that aren't UTF-8, lone surrogates.
 */
export function parseBody(body: Buffer, proven = false): JsonNode {
  if (body.length > maximumText && !proven) throw tooLarge();
  return parseText(decodeBody(body), proven);
}

export function decodeBody(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch {
    throw malformed('the body is not UTF-8');
  }
}

/** The same of a text. `proven`: who sent it is known, and it may be large. */
export function parseText(text: string, proven = false): JsonNode {
  if (text.length > maximumText && !proven) throw tooLarge();
  const tree = new TreeBuilder(proven ? Number.POSITIVE_INFINITY : maximumValues);
  visit(
    text,
    {
      onObjectBegin: () => tree.open({ kind: 'object', members: new Map() }),
      onObjectProperty: (name) => tree.name(name),
      onObjectEnd: () => tree.close(),
      onArrayBegin: () => tree.open({ kind: 'array', elements: [] }),
      onArrayEnd: () => tree.close(),
      onLiteralValue: (value: unknown, offset, length) => tree.add(literal(value, text.slice(offset, offset + length))),
      onError: () => {
        throw malformed('the body is not JSON');
      },
    },
    { disallowComments: true },
  );
  return tree.root();
}

function literal(value: unknown, source: string): JsonNode {
  if (value === null) {
    return { kind: 'null' };
  }
  const text = typeof value === 'string' ? value : source;
  if (surrogate.test(text)) {
    throw malformed('a text of the body has a lone surrogate');
  }
  return { kind: 'text', text };
}

type OpenNode = { kind: 'object'; members: Map<string, JsonNode> } | { kind: 'array'; elements: JsonNode[] };

class TreeBuilder {
  #left: number;
  readonly #open: { node: OpenNode; name: string }[] = [];
  #root: JsonNode | undefined;

  constructor(mostValues: number) {
    this.#left = mostValues;
  }

  open(node: OpenNode): void {
    if (this.#open.length === maximumDepth) {
      throw malformed('the body is nested too deeply');
    }
    this.add(node);
    this.#open.push({ node, name: '' });
  }

  close(): void {
    this.#open.pop();
  }

  name(name: string): void {
    const parent = this.#open.at(-1);
    if (parent?.node.kind !== 'object') {
      return;
    }
    if (parent.node.members.has(name)) {
      throw malformed('the body has a key twice in one object');
    }
    parent.name = name;
  }

  add(node: JsonNode): void {
    if (this.#left-- === 0) throw tooLarge();
    const parent = this.#open.at(-1);
    if (parent === undefined) {
      this.#root = node;
    } else if (parent.node.kind === 'object') {
      parent.node.members.set(parent.name, node);
    } else {
      parent.node.elements.push(node);
    }
  }

  root(): JsonNode {
    if (this.#root === undefined) {
      throw malformed('the body is not JSON');
    }
    return this.#root;
  }
}

/** The nodes that a JSON pointer with `*` (each element of an array) stands for, in order. */
export function selectItems(root: JsonNode, pattern: readonly string[]): readonly BatchItem[] {
  let items: readonly BatchItem[] = [{ path: [], node: root }];
  for (const segment of pattern) {
    items = items.flatMap(({ path, node }) => {
      if (segment === '*' && node.kind === 'array') {
        return node.elements.map((element, index) => ({ path: [...path, index], node: element }));
      }
      const member = node.kind === 'object' ? node.members.get(segment) : undefined;
      if (member === undefined) {
        throw malformed('the items of the batch are not where they should be');
      }
      return [{ path: [...path, segment], node: member }];
    });
  }
  return items;
}

/** The text of the scalar at a path (a number's as it was written), or undefined where there is none. */
export function textAt(root: JsonNode, path: readonly string[]): string | undefined {
  let node: JsonNode | undefined = root;
  for (const segment of path) {
    if (node?.kind === 'object') {
      node = node.members.get(segment);
    } else {
      node = node?.kind === 'array' && /^(0|[1-9]\d{0,9})$/.test(segment) ? node.elements[Number(segment)] : undefined;
    }
  }
  if (node?.kind === 'object' || node?.kind === 'array') {
    throw malformed('a signed field is not a scalar');
  }
  return node?.kind === 'text' ? node.text : undefined;
}

/** The segments of a JSON pointer (RFC 6901). */
export function pointerPath(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function pathPointer(path: readonly (string | number)[]): string {
  return path.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function tooLarge(): Rejection {
  return malformed('the body is larger than one of which fields are signed may be');
}

function malformed(detail: string): Rejection {
  return new Rejection('signature_malformed', { detail });
}
