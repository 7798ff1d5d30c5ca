import { sameText } from './algorithms.js';
import type { Conditions } from './declaration.js';
import type { Value } from './filters.js';
import type { SignedMessage } from './message.js';
import { type Piece, render, renderBytes } from './sources.js';

/** One line of `when` or `require`, compiled. */
export interface SchemeCondition {
  /** The template, for people. */
  readonly label: string;
  readonly holds: (message: SignedMessage) => boolean;
  /** What it must be, or the first such thing; absent where only its presence counts. */
  readonly expected?: readonly Piece[] | undefined;
}

/** `compile` turns a template into its pieces; the second text is the key that it stands under. */
export function compileConditions(
  declared: Conditions | undefined,
  compile: (template: string, key: string) => readonly Piece[],
): readonly SchemeCondition[] {
  return Object.entries(declared ?? {}).map(([template, expected]) => {
    const value = compile(template, template);
    if (typeof expected === 'boolean') {
      return { label: template, holds: (message) => isThere(value, message) === expected };
    }
    const allowed = [expected].flat().map((text) => compile(text, template));
    const holds = (message: SignedMessage) => isOneOf(renderBytes(value, message), allowed, message);
    return { label: template, holds, expected: allowed[0] };
  });
}

/** A value that is there and empty counts as absent: nobody sends an empty header on purpose. */
function isThere(value: readonly Piece[], message: SignedMessage): boolean {
  const chunks: Value[] = [];
  return render(value, message, chunks) === undefined && chunks.some((chunk) => chunk.length > 0);
}

/** In constant time, since what is expected may be a secret. */
function isOneOf(value: Buffer | undefined, allowed: readonly (readonly Piece[])[], message: SignedMessage): boolean {
  if (value === undefined) return false;
  return allowed.some((pieces) => {
    const expected = renderBytes(pieces, message);
    return expected !== undefined && sameText(value, expected);
  });
}

export function findUnmet(conditions: readonly SchemeCondition[], message: SignedMessage): SchemeCondition | undefined {
  for (const condition of conditions) if (!condition.holds(message)) return condition;
  return undefined;
}
