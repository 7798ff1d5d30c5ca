import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/** The value as the schema promises it, or what is wrong with it. */
export type Checked<T> = { readonly value: T } | { readonly errors: readonly ErrorObject[] };

/**
 * Compiles a JSON Schema (2020-12) of a file that people write; `definition` names one of its `$defs` to check
 * instead of the whole. `T` is the type that the schema describes.
 */
export function compileCheck<T>(schema: object, definition?: string): (value: unknown) => Checked<T> {
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    strict: true,
    // These schemas are the package's own, and its tests check them.
    validateSchema: false,
    strictRequired: false,
    allowUnionTypes: true,
  });
  formats.default(ajv);
  const whole = ajv.addSchema(schema, 'document');
  const validate = whole.compile<T>({ $ref: definition === undefined ? 'document' : `document#/$defs/${definition}` });
  return (value) => (validate(value) ? { value } : { errors: validate.errors ?? [] });
}
