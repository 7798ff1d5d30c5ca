import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/** The value as the schema promises it, or what is wrong with it. */
export type Checked<T> = { readonly value: T } | { readonly errors: readonly ErrorObject[] };

const instances = new WeakMap<object, Ajv2020>();

/**
 * Compiles a JSON Schema (2020-12) of a file that people write, once; `definition` names one of its `$defs` to check
 * instead of the whole. `T` is the type that the schema describes.
 */
export function compileCheck<T>(schema: object, definition?: string): (value: unknown) => Checked<T> {
  const ajv = instances.get(schema) ?? createAjv(schema);
  instances.set(schema, ajv);
  const id = definition === undefined ? 'document' : `document#/$defs/${definition}`;
  // None of them says `$async`.
  const validate = ajv.getSchema<T>(id) as ValidateFunction<T> | undefined;
  if (validate === undefined) throw new Error(`The schema has no definition ${definition}`);
  return (value) => (validate(value) ? { value } : { errors: validate.errors ?? [] });
}

function createAjv(schema: object): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    strict: true,
    // These schemas are the package's own, and its tests check them.
    validateSchema: false,
    strictRequired: false,
    allowUnionTypes: true,
    // Each is used once or so: making its code short would take longer than running it.
    code: { optimize: false },
  });
  formats.default(ajv);
  return ajv.addSchema(schema, 'document');
}
