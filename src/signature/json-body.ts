import { isUtf8 } from 'node:buffer';
import { toPointer } from '../diagnostics/pointer.js';
import { Rejection } from '../rejection.js';
import { decodeUtf8 } from '../utf8.js';
import { type JsonNode, JsonObject } from './json-object.js';
import { parseJson } from './json-parser.js';

/** One element of a batch, and its place in each array on the way to it. */
export interface BatchItem {
  readonly node: JsonNode;
  readonly indices: readonly number[];
}

/**
 * What a body of a stranger may cost, in bytes and in values with their names: two or three milliseconds. Providers that sign
 * fields send a few kilobytes.
 */
const maximumText = 128 * 1024;
const maximumValues = 4000;

/**
 * Parses a body of which fields are signed. Refuses what two parsers could read in two ways: duplicate keys, bytes
 * that aren't UTF-8, lone surrogates.
 */
export function parseBody(body: Buffer, proven = false): JsonNode {
  if (!proven) limitSize(body);
  if (!isUtf8(body)) throw notUtf8();
  return parseJson(body, proven ? Number.POSITIVE_INFINITY : maximumValues);
}

/** Throws if a body that costs more to prove than one digest of its bytes is larger than one of a stranger may be. */
export function limitSize({ length }: Buffer): void {
  if (length > maximumText) throw malformed('the body is larger than the scheme allows');
}

export function decodeBody(body: Buffer): string {
  const text = decodeUtf8(body);
  if (text === undefined) throw notUtf8();
  return text;
}

/** The same of a text. `proven`: who sent it is known, and it may be large. */
export function parseText(text: string, proven = false): JsonNode {
  return parseBody(Buffer.from(text), proven);
}

/** The nodes that a JSON pointer with `*` (each element of an array) stands for, in order. */
export function selectItems(root: JsonNode, pattern: readonly string[]): readonly BatchItem[] {
  const items: BatchItem[] = [];
  collectItems(root, 0, [], pattern, items);
  return items;
}

function collectItems(
  root: JsonNode,
  start: number,
  indices: readonly number[],
  pattern: readonly string[],
  items: BatchItem[],
): void {
  let node: JsonNode = root;
  for (let at = start; at < pattern.length; at++) {
    const segment = pattern[at] ?? '';
    if (segment === '*' && isArray(node)) {
      for (let index = 0; index < node.length; index++) {
        collectItems(node[index] ?? null, at + 1, [...indices, index], pattern, items);
      }
      return;
    }
    const member: JsonNode | undefined = segment !== '*' && node instanceof JsonObject ? node.get(segment) : undefined;
    if (member === undefined) throw malformed('the items of the batch are not where they should be');
    node = member;
  }
  items.push({ node, indices });
}

/** JSON pointer of an item. */
export function itemPointer({ indices }: BatchItem, pattern: readonly string[]): string {
  let stars = 0;
  return toPointer(...pattern.map((segment) => (segment === '*' ? (indices[stars++] ?? 0) : segment)));
}

/** The text of the scalar at a path (a number's as it was written), or undefined where there is none. */
export function textAt(root: JsonNode, path: readonly string[]): string | undefined {
  let node: JsonNode | undefined = root;
  for (const segment of path) {
    if (node instanceof JsonObject) node = node.get(segment);
    else node = isArray(node) && /^(0|[1-9]\d{0,9})$/.test(segment) ? node[Number(segment)] : undefined;
  }
  if (typeof node === 'object' && node !== null) throw malformed('a signed field is not a scalar');
  return node ?? undefined;
}

/** `Array.isArray` doesn't know readonly ones. */
export function isArray(node: JsonNode | undefined): node is readonly JsonNode[] {
  return Array.isArray(node);
}

function notUtf8(): Rejection {
  return malformed('the body is not UTF-8');
}

function malformed(detail: string): Rejection {
  return new Rejection('signature_malformed', { detail });
}
