import type { OutgoingRequest } from '../../../src/core/model.js';
import type { Dice } from '../../support/mutate.js';
import type { Target } from '../scene.js';
import type { WireRequest } from '../wire.js';

/** A delivery that its provider has signed, of which a stranger makes something else. */
export interface Base {
  readonly target: Target;
  readonly unsigned: OutgoingRequest;
  readonly request: WireRequest;
}

export interface Hostile {
  readonly request: WireRequest;
  /** What was signed that it is made of. */
  readonly signed: readonly WireRequest[];
  /**
   * `same`: it may be taken if it says the same as one of `signed`, as far as the provider signs it. `never`: it may not be taken.
   * `authentic`: the provider has signed it as it is.
   */
  readonly claim: 'same' | 'never' | 'authentic';
}

export interface Kind {
  readonly layer: 'http' | 'headers' | 'signature' | 'payload' | 'time' | 'keys' | 'handshakes';
  readonly name: string;
  /** How often it comes, beside the others. */
  readonly weight: number;
  /** Undefined where there is no such thing at this endpoint. `another`: a base of another endpoint, or of the same. */
  make(base: Base, dice: Dice, another: (target?: Target) => Base): Hostile | undefined;
}

export type Change = (request: WireRequest, dice: Dice, base: Base) => WireRequest | undefined;

/** A kind whose requests count as what was signed if they say the same. */
export function changing(layer: Kind['layer'], name: string, change: Change, weight = 1): Kind {
  return {
    layer,
    name,
    weight,
    make(base, dice) {
      const request = change(base.request, dice, base);
      return request && { request, signed: [base.request], claim: 'same' };
    },
  };
}

export function pick<T>(dice: Dice, list: readonly T[]): T {
  const [first] = list;
  const chosen = list[dice(list.length)] ?? first;
  if (chosen === undefined) throw new Error('nothing to choose from');
  return chosen;
}

export function withHeader(request: WireRequest, name: string, value: string): WireRequest {
  const others = request.headers.filter(([each]) => each.toLowerCase() !== name.toLowerCase());
  return { ...request, headers: [...others, [name, value]] };
}

export function addHeader(request: WireRequest, name: string, value: string): WireRequest {
  return { ...request, headers: [...request.headers, [name, value]] };
}

export function withBody(request: WireRequest, body: string | Buffer): WireRequest {
  return { ...request, body: Buffer.isBuffer(body) ? body : Buffer.from(body) };
}
