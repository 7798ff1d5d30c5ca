import { compareDecimals } from './decimal.js';

/**
 * A number of JSON with the digits that it is written with: `820982911946154509`, `10000.00`. JavaScript's own numbers
 * round the one and forget the zeros of the other. It has no members of its own, so that rules can't take it for an object
 * that has some.
 */
export class ExactNumber {
  readonly #text: string;

  /** `text`: a number as JSON writes it (RFC 8259, section 6). */
  constructor(text: string) {
    this.#text = text;
  }

  /** As it is written. */
  get text(): string {
    return this.#text;
  }

  /** The nearest JavaScript number: what JSON.parse gives; infinite where it is too large for one. */
  toNumber(): number {
    return Number(this.#text);
  }

  toString(): string {
    return this.#text;
  }

  /** For a JSON.stringify that doesn't know it: a text keeps the digits. `writeJson` writes the number. */
  toJSON(): string {
    return this.#text;
  }
}

export type Numeric = number | ExactNumber;

export function isNumeric(value: unknown): value is Numeric {
  return typeof value === 'number' || value instanceof ExactNumber;
}

/** Negative, zero or positive, as `left` is less than, equal to or greater than `right` to the last digit. No NaN. */
export function compareNumbers(left: Numeric, right: Numeric): number {
  if (typeof left === 'number' && typeof right === 'number') return left < right ? -1 : Number(left > right);
  return compareDecimals(String(left), String(right));
}

/** A text that is not empty, or a number as it is written; undefined for any other value. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return isNumeric(value) ? String(value) : undefined;
}

/** Significant digits of a fraction, with sign and point, from which on JSONata's `$string` rounds. */
const longFraction = 16;

/**
 * Whether JavaScript, or JSONata, would write the number of a JSON text in another way, so that it must be an
 * `ExactNumber`. True also of every number with an exponent, and of a few others.
 */
export function losesText(text: string): boolean {
  return String(Number(text)) !== text || text.includes('e') || (text.length > longFraction && text.includes('.'));
}

/** Whether the JavaScript number is another value than the one that is written. */
export function losesValue(text: string): boolean {
  return compareDecimals(text, String(Number(text))) !== 0;
}
