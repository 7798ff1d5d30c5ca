import type { Node } from 'jsonc-parser';
import { toPointer } from '../../diagnostics/pointer.js';
import { withExactNumbers } from '../../util/json/parse.js';
import { require } from '../../util/require.js';
import type { Decoded, Item, ItemPlace, Provider } from '../model.js';
import { Rejection } from '../rejection.js';
import { createItem } from './item.js';

const { parseTree }: typeof import('jsonc-parser') = require('jsonc-parser');

/**
 * The events of a delivery: the whole body, or the elements of a batch where the provider's `items` points.
 * An empty batch gives none: a heartbeat. Each item keeps its exact slice of the body.
 */
export function split(provider: Provider, decoded: Decoded): readonly Item[] {
  if (provider.items === undefined)
    return [createItem({ index: 0, pointer: '' }, decoded.value, decoded.delivery.body, decoded.exact)];
  const nodes = find(parse(decoded.text), provider.items.split('/').slice(1), '');
  const slices = provider.readPayload === undefined;
  return nodes.map(({ node, pointer }, index) => toItem(decoded, node, { index, pointer }, slices));
}

interface Found {
  readonly node: Node;
  readonly pointer: string;
}

function parse(text: string): Node {
  try {
    const root = parseTree(text);
    if (root !== undefined) return root;
  } catch (error) {
    // The parser descends by recursion; what nests deeper than the stack is no batch of events.
    if (!(error instanceof RangeError)) throw error;
  }
  throw new Rejection('batch_malformed', { detail: 'nested too deeply' });
}

function find(node: Node, segments: readonly string[], pointer: string): Found[] {
  const [segment, ...rest] = segments;
  if (segment === undefined) return [{ node, pointer }];
  if (segment === '*') {
    if (node.type === 'object') return (node.children ?? []).flatMap((member) => findMember(member, rest, pointer));
    if (node.type !== 'array')
      throw new Rejection('batch_malformed', { detail: `${pointer || 'the body'} is no array` });
    return (node.children ?? []).flatMap((child, index) => find(child, rest, `${pointer}/${index}`));
  }
  const child = property(node, segment.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (child === undefined) throw new Rejection('batch_malformed', { detail: `${pointer}/${segment} is missing` });
  return find(child, rest, `${pointer}/${segment}`);
}

function findMember({ children: [name, value] = [] }: Node, rest: string[], pointer: string): Found[] {
  if (name === undefined || value === undefined) return [];
  return find(value, rest, `${pointer}${toPointer(String(name.value))}`);
}

/** The last one of that name, as JSON.parse has it. */
function property(node: Node, name: string): Node | undefined {
  if (node.type !== 'object') return undefined;
  return node.children?.findLast((child) => child.children?.[0]?.value === name)?.children?.[1];
}

/** `slices`: the text is that of the body. */
function toItem(
  { text, delivery: { body } }: Decoded,
  { offset, length }: Node,
  place: ItemPlace,
  slices: boolean,
): Item {
  const slice = text.slice(offset, offset + length);
  // Where every character is one byte, the slice needs no copy.
  const bytes = slices && text.length === body.length ? body.subarray(offset, offset + length) : Buffer.from(slice);
  const value: unknown = JSON.parse(slice);
  return createItem(place, value, bytes, () => withExactNumbers(slice, value));
}
