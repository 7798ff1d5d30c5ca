import type { Ajv2020, Options } from 'ajv/dist/2020.js';
import { require } from '../util/require.js';

/**
 * For JSON Schema 2020-12 with formats, strict. ajv is loaded when it is first needed: what comes with the package was
 * compiled when that was built, and loading ajv takes a tenth of a start.
 */
export function newAjv(options: Options): Ajv2020 {
  const { Ajv2020 }: typeof import('ajv/dist/2020.js') = require('ajv/dist/2020.js');
  const formats: typeof import('ajv-formats') = require('ajv-formats');
  const ajv = new Ajv2020({
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    validateSchema: false,
    ...options,
  });
  formats.default(ajv);
  return ajv;
}
