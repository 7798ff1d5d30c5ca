import type { Bindings } from '../model.js';
import { hook, parse } from './compile.js';
import { inputNames } from './inspect.js';
import { listNodes, type Node } from './nodes.js';

/** What became of the parts of an expression on one payload. */
export interface RuleTrace {
  /** By node of the tree: its value each time it was evaluated; absent: it was not. */
  readonly values: ReadonlyMap<unknown, readonly unknown[]>;
  /** The innermost part that failed; absent: none. */
  readonly failed?: Node;
}

/** An expression that can be watched while it is evaluated. It is slow: for diagnosis. */
export interface TracedRule {
  readonly source: string;
  /** In the order of the source. */
  readonly nodes: readonly Node[];
  trace(input: unknown, bindings: Bindings): Promise<RuleTrace>;
}

/** `source` must be an expression that compiles. */
export function compileTrace(source: string): TracedRule {
  const expression = parse(source);
  const nodes = listNodes(expression.ast());
  let values = new Map<unknown, unknown[]>();
  let open = new Set<unknown>();
  // JSONata looks these up for each node that it evaluates.
  expression.assign(hook('entry'), (node: unknown) => open.add(node));
  expression.assign(hook('exit'), (node: unknown, _input: unknown, _environment: unknown, result: unknown) => {
    open.delete(node);
    const known = values.get(node);
    if (known === undefined) values.set(node, [single(result)]);
    else known.push(single(result));
  });
  return {
    source,
    nodes,
    async trace(input, bindings) {
      values = new Map();
      open = new Set();
      try {
        await expression.evaluate(
          input,
          Object.fromEntries(inputNames.map((name) => [name, Reflect.get(bindings, name)])),
        );
        return { values };
      } catch {
        const failed = nodes.findLast((node) => open.has(node));
        return { values, ...(failed !== undefined && { failed }) };
      }
    },
  };
}

/** A sequence of one value is that value, an empty one is nothing. */
function single(result: unknown): unknown {
  if (!Array.isArray(result) || !('sequence' in result)) return result;
  return result.length > 1 ? result : result[0];
}
