/** First four digits, from and to, and the lengths that numbers of this range have. */
type Range = readonly [from: number, to: number, ...lengths: readonly number[]];

const from16to19 = [16, 17, 18, 19] as const;
const from13to19 = [13, 14, 15, ...from16to19] as const;

/**
 * Known ranges of issuers (ISO/IEC 7812-1), by their first four digits. Where a network has a part of such a range, the whole
 * of it counts. UATP (1, 15 digits) is left out: times in microseconds begin so. Source: the card networks, as
 * credit-card-type 10.3.0 lists them (https://github.com/braintree/credit-card-type), and for 60, 65, 81, 82 RuPay, 8600 and
 * 9860 Uzcard and Humo.
 */
const ranges: readonly Range[] = [
  [1800, 1800, 15],
  [2131, 2131, 15],
  [2200, 2204, ...from16to19],
  [2221, 2720, 16],
  [3000, 3059, 14, 16, 19],
  [3095, 3095, 14, 16, 19],
  [3600, 3699, 14, 16, 19],
  [3800, 3999, 14, 16, 19],
  [3400, 3499, 15],
  [3700, 3799, 15],
  [3528, 3589, ...from16to19],
  [4000, 4999, 13, 16, 18, 19],
  [5000, 5099, ...from13to19],
  [5100, 5599, 16],
  [5600, 5999, ...from13to19],
  [6000, 6099, 16],
  [6011, 6011, ...from16to19],
  [6200, 6299, 14, 15, ...from16to19],
  [6300, 6399, ...from13to19],
  [6440, 6599, ...from16to19],
  [6700, 6799, ...from13to19],
  [8100, 8199, ...from16to19],
  [8200, 8299, 16],
  [8600, 8600, 16],
  [9792, 9792, 16],
  [9860, 9860, 16],
];

/** For each first four digits the lengths, a bit for each. */
export const lengthsOfIssuers = makeTable();

function makeTable(): Uint32Array {
  const table = new Uint32Array(10_000);
  for (const [first, last, ...lengths] of ranges) {
    for (let prefix = first; prefix <= last; prefix++) {
      for (const length of lengths) table[prefix] = (table[prefix] ?? 0) | (1 << length);
    }
  }
  return table;
}
