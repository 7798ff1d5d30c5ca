import type { Document, Node } from 'yaml';
import { require } from '../util/require.js';
import { fromPointer } from './pointer.js';
import { scalarOffsets } from './scalar-offsets.js';

const { isAlias, isCollection, isMap, isPair, isScalar, isSeq }: typeof import('yaml') = require('yaml');

/** A place in a document, as a `Fault` has it. */
export interface DocumentPlace {
  /** JSON pointer. Where it leads nowhere, the nearest place above it is meant. */
  readonly pointer: string;
  readonly key?: boolean;
  readonly within?: readonly [number, number];
}

type Span = readonly [number, number];

/** Offsets [start, end) of a place, for people to look at: of a map or list that spans lines, its key. */
export function locate(document: Document, text: string, place: DocumentPlace): Span | undefined {
  let key: Node | undefined;
  let value = asNode(document.contents);
  for (const segment of fromPointer(place.pointer)) {
    const child = step(document, value, segment);
    if (child === undefined) return show(text, key, value);
    key = child.key;
    value = child.value;
  }
  if (place.key === true && key !== undefined) return span(key);
  if (place.within !== undefined && isScalar(value)) {
    const offsets = scalarOffsets(text, value);
    const [start, end] = [offsets?.[place.within[0]], offsets?.[place.within[1] - 1]];
    if (start !== undefined && end !== undefined) return [start, end + 1];
  }
  return show(text, key, value);
}

function step(document: Document, from: Node | undefined, segment: string): { key?: Node; value?: Node } | undefined {
  const node = isAlias(from) ? from.resolve(document) : from;
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === segment);
    return pair && children(asNode(pair.key), asNode(pair.value));
  }
  if (!isSeq(node) || !/^\d+$/.test(segment) || Number(segment) >= node.items.length) return undefined;
  return children(undefined, asNode(node.items[Number(segment)]));
}

function children(key: Node | undefined, value: Node | undefined): { key?: Node; value?: Node } {
  return { ...(key !== undefined && { key }), ...(value !== undefined && { value }) };
}

function show(text: string, key: Node | undefined, value: Node | undefined): Span | undefined {
  const whole = span(value);
  if (whole === undefined || whole[0] === whole[1]) return span(key) ?? whole;
  if (
    !isCollection(value) ||
    !text
      .slice(...whole)
      .trimEnd()
      .includes('\n')
  )
    return whole;
  if (key !== undefined) return span(key);
  const first = value.items[0];
  return span(isPair(first) ? asNode(first.key) : undefined) ?? [whole[0], whole[0] + 1];
}

function span(node: Node | undefined): Span | undefined {
  return node?.range ? [node.range[0], node.range[1]] : undefined;
}

function asNode(value: unknown): Node | undefined {
  return isScalar(value) || isCollection(value) || isAlias(value) ? value : undefined;
}
