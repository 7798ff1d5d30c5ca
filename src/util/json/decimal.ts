/** The value 0.`digits` × 10^`exponent`, positive if `sign` is 1, and 0 if it is 0. No zero at either end of the digits. */
interface Decimal {
  readonly sign: -1 | 0 | 1;
  readonly digits: string;
  readonly exponent: number;
}

const form = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/;

/**
 * Compares two numbers as JSON or JavaScript writes them, also `Infinity`: negative, zero or positive as `left` is less
 * than, equal to or greater than `right`. It looks at the digits and never computes with them, so that no number, such as
 * 1e999999999, can make it slow; exponents beyond 2^53 count as equal where they round to the same.
 */
export function compareDecimals(left: string, right: string): number {
  const first = parseDecimal(left);
  const second = parseDecimal(right);
  if (first.sign !== second.sign) return first.sign - second.sign;
  return first.sign * compareMagnitudes(first, second);
}

function compareMagnitudes(left: Decimal, right: Decimal): number {
  if (left.exponent !== right.exponent) return left.exponent < right.exponent ? -1 : 1;
  if (left.digits === right.digits) return 0;
  return left.digits < right.digits ? -1 : 1;
}

function parseDecimal(text: string): Decimal {
  const [, minus, whole = '', fraction = '', exponent = '0'] = form.exec(text) ?? [];
  if (minus === undefined)
    return { sign: text.startsWith('-') ? -1 : 1, digits: '', exponent: Number.POSITIVE_INFINITY };
  const written = whole + fraction;
  const start = countZeros(written);
  if (start === written.length) return { sign: 0, digits: '', exponent: 0 };
  let end = written.length;
  while (written.charCodeAt(end - 1) === zero) end--;
  return {
    sign: minus === '' ? 1 : -1,
    digits: written.slice(start, end),
    exponent: whole.length - start + Number(exponent),
  };
}

const zero = 0x30;

/** At the beginning. */
function countZeros(digits: string): number {
  let count = 0;
  while (digits.charCodeAt(count) === zero) count++;
  return count;
}
