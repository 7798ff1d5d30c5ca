import type { ErrorObject, ValidateFunction } from 'ajv';
import type { Ajv2020, Options } from 'ajv/dist/2020.js';
import { newAjv } from './ajv.js';
import { precompiled } from './precompiled.js';

/** The value as the schema promises it, or what is wrong with it. */
export type Checked<T> = { readonly value: T } | { readonly errors: readonly ErrorObject[] };

/** The schema of schemas. */
export const metaSchema = 'https://json-schema.org/draft/2020-12/schema';

const instances = new WeakMap<object, Ajv2020>();

/**
 * Compiles a JSON Schema (2020-12) of a file that people write, once; `definition` names one of its `$defs` to check
 * instead of the whole. `T` is the type that the schema describes.
 */
export function compileCheck<T>(schema: object, definition?: string): (value: unknown) => Checked<T> {
  // The parts are of use only where the whole is faulty.
  const ready = '$id' in schema && definition === undefined ? precompiled.get(String(schema.$id)) : undefined;
  // None of them says `$async`.
  const validate = (ready ?? compile(schema, definition)) as ValidateFunction<T> | undefined;
  if (validate === undefined) throw new Error(`The schema has no definition ${definition}`);
  return (value) => (validate(value) ? { value } : { errors: validate.errors ?? [] });
}

let meta: Ajv2020 | undefined;

/** What keeps an object from being a JSON Schema (2020-12). Throws if its `$schema` is another. */
export function checkSchema(schema: object): readonly ErrorObject[] {
  const check = '$schema' in schema && schema.$schema !== metaSchema ? undefined : precompiled.get(metaSchema);
  if (check !== undefined) return check(schema) ? [] : (check.errors ?? []);
  meta ??= createAjv();
  return meta.validateSchema(schema) === true ? [] : (meta.errors ?? []);
}

function compile(schema: object, definition: string | undefined) {
  const ajv = instances.get(schema) ?? createAjv().addSchema(schema, 'document');
  instances.set(schema, ajv);
  return ajv.getSchema(definition === undefined ? 'document' : `document#/$defs/${definition}`);
}

/** For schemas of the package's own; its tests check that they are schemas. */
export function createAjv(code: Options['code'] = {}): Ajv2020 {
  return newAjv({
    allErrors: true,
    verbose: true,
    // Functions for what is referred to instead of copies: less to compile.
    inlineRefs: false,
    // Each is used once or so: making its code short would take longer than running it.
    code: { optimize: false, ...code },
  });
}
