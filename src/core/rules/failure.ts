import { RuleError } from '../model.js';

/** JSONata's codes (https://github.com/jsonata-js/jsonata/blob/v2.2.2/src/jsonata.js) that a payload can bring about. */
const meanings: { readonly [code: string]: string } = {
  D1001: 'a number is out of range',
  D1002: 'a value that is not a number is negated',
  D1004: 'a regular expression matches nothing, forever',
  D1011: 'it calls itself too deeply',
  D1012: 'it takes too long',
  D2014: 'an array gets too long',
  D2015: 'an array gets too long',
  G0001: 'a text or an array gets too long',
  D3137: 'it calls $error',
  D3141: 'an assertion fails',
  T1005: 'it calls what is not a function',
  T1006: 'it calls what is not a function',
};
const guardCodes: { readonly [code: string]: string } = {
  D1011: 'depth',
  D1012: 'timeout',
  D2014: 'length',
  D2015: 'length',
  G0001: 'length',
};

/** Translates whatever JSONata throws; its own messages quote the payload, so none of them is kept. */
export function toRuleError(source: string, error: unknown): RuleError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'internal';
  const at =
    typeof error === 'object' && error !== null && 'position' in error && typeof error.position === 'number'
      ? ` at character ${error.position}`
      : '';
  const meaning =
    meanings[code] ?? (code.startsWith('T') ? 'a value is of the wrong type' : 'it fails on this payload');
  return new RuleError(source, guardCodes[code] ?? code, `${meaning}${at} (${code})`);
}
