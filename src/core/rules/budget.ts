/**
 * Characters and elements that the functions of a rule may be given and make in one evaluation. JSONata looks at its clock
 * between its functions and not within them, and how much memory they take it does not look at.
 */
export const mostUnits = 16 * 1024 * 1024;

/** What JSONata hands to its functions as `this`, as far as it is needed here. */
export interface Focus {
  readonly environment: { readonly base: Base };
  createSequence(): unknown[];
}

interface Base {
  /** Throws JSONata's error if the time is over, or the calls within calls are too many. */
  guardrails(): void;
}

const spent = new WeakMap<Base, number>();

/** Counts units before they are made. Throws an error in JSONata's form if that is too much, or the time is over. */
export function spend({ environment: { base } }: Focus, units: number): void {
  base.guardrails();
  const sum = (spent.get(base) ?? 0) + units;
  if (!(sum <= mostUnits)) throw tooMuch();
  spent.set(base, sum);
}

/** The code is none of JSONata's. */
export function tooMuch(): { readonly code: string } {
  return { code: 'G0001' };
}

/** Of a value as JSON, about; no more of it is looked at than `mostUnits`. What stands at several places counts at each. */
export function sizeOf(value: unknown): number {
  let size = 0;
  const waiting: unknown[] = [value];
  while (waiting.length > 0 && size <= mostUnits) {
    const each = waiting.pop();
    size += typeof each === 'string' ? each.length + 2 : 8;
    if (typeof each !== 'object' || each === null) continue;
    for (const [name, child] of Object.entries(each)) {
      if (!Array.isArray(each)) size += name.length;
      waiting.push(child);
    }
  }
  return size;
}
