import type { Fault } from '../core/model.js';
import { toPointer } from '../diagnostics/pointer.js';

/** Environment variables by name. */
export type Environment = { readonly [name: string]: string | undefined };

export interface Substitution {
  readonly value: unknown;
  /** JSON pointers of the texts in which a variable was → the text as it is in the file, and as it became. */
  readonly substituted: ReadonlyMap<string, { readonly written: string; readonly value: string }>;
  /** JSON pointers of the other texts with `$${VAR}` in them → where a `$` was taken out, as offsets into what is left. */
  readonly escaped: ReadonlyMap<string, readonly number[]>;
  /** Variables that aren't set and have no default. */
  readonly faults: readonly Fault[];
}

const variable = /\$?\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * Puts environment variables where `${VAR}` and `${VAR:-default}` stand in the texts of a parsed document. The default
 * also counts for an empty variable, as in a shell. A value never becomes structure. `$${VAR}` becomes `${VAR}`. What stands
 * under `x-…` at the top is read only where an alias names it.
 */
export function substitute(document: unknown, environment: Environment): Substitution {
  const substituted = new Map<string, { readonly written: string; readonly value: string }>();
  const escaped = new Map<string, readonly number[]>();
  const faults: Fault[] = [];

  function replace(text: string, pointer: string): string {
    const literal: number[] = [];
    let variables = 0;
    const result = text.replace(variable, (all: string, name: string, fallback: string | undefined, at: number) => {
      if (all.startsWith('$$')) {
        literal.push(at - literal.length);
        return all.slice(1);
      }
      variables++;
      const value = environment[name];
      if (value !== undefined && (value !== '' || fallback === undefined)) return value;
      if (fallback !== undefined) return fallback;
      faults.push(unset(name, pointer, [at, at + all.length]));
      return all;
    });
    if (variables > 0) substituted.set(pointer, { written: text, value: result });
    else if (literal.length > 0) escaped.set(pointer, literal);
    return result;
  }

  function walk(value: unknown, pointer: string): unknown {
    if (typeof value === 'string') return replace(value, pointer);
    if (Array.isArray(value)) return value.map((item, index) => walk(item, pointer + toPointer(index)));
    if (typeof value !== 'object' || value === null) return value;
    const skips = (key: string) => pointer === '' && key.startsWith('x-');
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [key, skips(key) ? child : walk(child, pointer + toPointer(key))]),
    );
  }

  return { value: walk(document, ''), substituted, escaped, faults };
}

function unset(name: string, pointer: string, within: readonly [number, number]): Fault {
  return {
    rule: 'env-unset',
    severity: 'error',
    pointer,
    within,
    message: `Environment variable ${name} is not set`,
    hint: `set it, or give a default: \${${name}:-…}`,
  };
}
