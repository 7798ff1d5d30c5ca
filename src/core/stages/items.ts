/** From the bytes of a verified delivery to its items, and what rules see of one. */
import { hash } from 'node:crypto';
import type { Node } from 'jsonc-parser';
import { toPointer } from '../../diagnostics/pointer.js';
import { withExactNumbers } from '../../util/json/parse.js';
import { require } from '../../util/require.js';
import { decodeUtf8 } from '../../util/utf8.js';
import type {
  Bindings,
  Decoded,
  Delivery,
  Endpoint,
  HeaderValues,
  Item,
  ItemPlace,
  Provider,
  VerifiedDelivery,
} from '../model.js';
import { Rejection } from '../rejection.js';

const { parseTree }: typeof import('jsonc-parser') = require('jsonc-parser');

/**
 * Reads the payload of a verified body: JSON (RFC 8259: UTF-8, no byte order mark), unless the plugin says otherwise.
 * `now` in milliseconds since the epoch.
 */
export function decode(
  { provider, secrets, surroundings }: Endpoint,
  delivery: VerifiedDelivery,
  now: number,
): Decoded {
  if (provider.readPayload !== undefined) {
    return { delivery, ...provider.readPayload(delivery, secrets, now, surroundings) };
  }
  const text = decodeUtf8(delivery.body);
  if (text === undefined) throw new Rejection('payload_not_utf8');
  const value = parsePayload(text);
  return { delivery, text, value, exact: () => withExactNumbers(text, value) };
}

function parsePayload(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // V8's message quotes the text, so it must not travel on.
    throw new Rejection('payload_malformed', { detail: 'it is not JSON' });
  }
}

/**
 * The events of a delivery: the whole body, or the elements of a batch where the provider's `items` points.
 * An empty batch gives none: a heartbeat. Each item keeps its exact slice of the body.
 */
export function split(provider: Provider, decoded: Decoded): readonly Item[] {
  if (provider.items === undefined)
    return [createItem({ index: 0, pointer: '' }, decoded.value, decoded.delivery.body, decoded.exact)];
  const nodes = find(parseNodes(decoded.text), provider.items.split('/').slice(1), '');
  const slices = provider.readPayload === undefined;
  return nodes.map(({ node, pointer }, index) => toItem(decoded, node, { index, pointer }, slices));
}

interface Found {
  readonly node: Node;
  readonly pointer: string;
}

function parseNodes(text: string): Node {
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

/** One event's part of a delivery. `exact` makes its value with exact numbers; absent: it has none. */
export function createItem({ index, pointer }: ItemPlace, value: unknown, bytes: Buffer, exact?: () => unknown): Item {
  return new BodyPart(index, pointer, value, bytes, exact);
}

class BodyPart implements Item {
  readonly index: number;
  readonly pointer: string;
  readonly value: unknown;
  readonly bytes: Buffer;
  #digest: string | undefined;
  #exact: unknown;
  #makeExact: (() => unknown) | undefined;

  constructor(index: number, pointer: string, value: unknown, bytes: Buffer, exact: (() => unknown) | undefined) {
    this.index = index;
    this.pointer = pointer;
    this.value = value;
    this.bytes = bytes;
    this.#exact = value;
    this.#makeExact = exact;
  }

  /** Once for all rules. */
  get exact(): unknown {
    if (this.#makeExact !== undefined) {
      this.#exact = this.#makeExact();
      this.#makeExact = undefined;
    }
    return this.#exact;
  }

  /** Once for the record's header, the dedupe window and the rules. */
  get digest(): string {
    this.#digest ??= hash('sha256', this.bytes, 'base64');
    return this.#digest;
  }
}

/** What rules see beside the payload. The headers are joined when the first rule asks for them: most never do. */
export function bind(endpoint: Endpoint, delivery: Delivery, item: Item): Bindings {
  return new BoundItem(endpoint, delivery, item);
}

class BoundItem implements Bindings {
  readonly endpoint: Bindings['endpoint'];
  readonly deliveryId: string;
  readonly #values: HeaderValues;
  readonly #item: Item;
  #joined: Bindings['headers'] | undefined;

  constructor({ name, path }: Endpoint, { id, headers }: Delivery, item: Item) {
    this.endpoint = { name, path };
    this.deliveryId = id;
    this.#values = headers;
    this.#item = item;
  }

  get headers(): Bindings['headers'] {
    this.#joined ??= Object.fromEntries(
      Object.entries(this.#values).map(([key, values]) => [key, values?.join(', ') ?? '']),
    );
    return this.#joined;
  }

  get digest(): string {
    return Buffer.from(this.#item.digest, 'base64').toString('hex');
  }

  get exact(): unknown {
    return this.#item.exact;
  }
}
