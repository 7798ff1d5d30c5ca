import fc from 'fast-check';

/** Digits of which runs of the same and zeros at the ends are as frequent as others. */
const digits = fc.oneof(
  fc.nat({ max: 999 }).map(String),
  fc.string({ unit: fc.constantFrom('0', '1', '9'), minLength: 1, maxLength: 25 }),
  fc.bigInt({ min: 0n, max: 10n ** 24n }).map(String),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }).map(String),
);

/** Integers and fractions as JSON writes them, without an exponent. */
export const decimalTexts: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('', '', '-'), digits, fc.option(digits))
  .map(([sign, whole, part]) => {
    const short = whole.replace(/^0+(?=\d)/, '');
    return `${sign}${short}${part === null ? '' : `.${part}`}`;
  });

/** All numbers that JSON has. */
export const numberTexts: fc.Arbitrary<string> = fc
  .tuple(decimalTexts, fc.option(fc.tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.nat(400))))
  .map(([text, exponent]) => (exponent === null ? text : `${text}${exponent.join('')}`));

/** The number as an integer, 10^`scale` times as large, to the last digit. */
export function scaled(text: string, scale: number): bigint {
  const [, sign, whole = '', part = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(text) ?? [];
  const shift = scale - part.length + Number(exponent);
  if (shift < 0) throw new Error(`${text} has more digits than ${scale}`);
  return BigInt(whole + part) * 10n ** BigInt(shift) * (sign === '-' ? -1n : 1n);
}
