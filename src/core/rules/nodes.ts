/** A node of JSONata's syntax tree. */
export type Node = Record<string, unknown>;

/** Every node of a tree, once, in the order of the source. */
export function listNodes(tree: unknown): readonly Node[] {
  const nodes: Node[] = [];
  collect(tree, nodes, new Set());
  return nodes;
}

function collect(value: unknown, nodes: Node[], seen: Set<object>): void {
  if (typeof value !== 'object' || value === null || value instanceof RegExp || seen.has(value)) return;
  seen.add(value);
  if (isNode(value)) nodes.push(value);
  for (const child of Object.values(value)) collect(child, nodes, seen);
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}

/** Where a token stands of which JSONata gives the position after it; `spellings`: how it can be written. */
export function spot(
  source: string,
  end: unknown,
  spellings: readonly string[],
): { readonly within?: readonly [number, number] } {
  if (typeof end !== 'number') return {};
  const token = spellings.find((text) => source.slice(end - text.length, end) === text);
  return token === undefined ? {} : { within: [end - token.length, end] };
}
