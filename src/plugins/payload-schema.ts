import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { LocatedDocument } from '../diagnostics/parse.js';
import { toPointer } from '../diagnostics/pointer.js';
import { checkSchema } from '../diagnostics/schema-check.js';
import { explainErrors } from '../diagnostics/schema-faults.js';
import type { Fault, PayloadSchema, SchemaError } from '../model.js';
import { toLinear } from '../rules/linear-regex.js';

const mostErrors = 20;

/**
 * Compiles a plugin's JSON Schema (2020-12) of payloads. `check` stops at the first disagreement, unless told to find
 * them all: one bad array can have 100,000.
 */
export function compilePayloadSchema(
  name: string,
  document: LocatedDocument,
): { check?: PayloadSchema['check']; faults: readonly Fault[] } {
  const { value: schema } = document;
  const invalid = { rule: 'schema-invalid', severity: 'error', pointer: '' } as const;
  if (!isSchema(schema)) return { faults: [{ ...invalid, message: `${name} is no JSON Schema` }] };
  try {
    const wrong = checkSchema(schema);
    if (wrong.length > 0)
      return { faults: explainErrors(wrong).map((fault) => ({ ...fault, rule: 'schema-invalid' })) };
    const first = compileWith(firstAjv(), schema);
    const every = once(() => compileWith(everyAjv(), schema));
    function check(value: unknown, all = false): readonly SchemaError[] {
      const validate = all ? every() : first;
      return validate(value) ? [] : (validate.errors ?? []).slice(0, mostErrors).map(describe);
    }
    return { check, faults: [] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const place = placeOf(reason, schema);
    const message = `Not a JSON Schema 2020-12 that the gateway can use: ${reason}`;
    return { faults: [{ ...invalid, ...place, message }] };
  }
}

/** ajv names the place in its message, or only the keyword that it doesn't know. */
function placeOf(reason: string, schema: object): { pointer?: string; key?: boolean } {
  const pointer = / at "#([^"]*)"/.exec(reason)?.[1];
  if (pointer !== undefined) return { pointer };
  const keyword = /unknown keyword: "(.+)"/.exec(reason)?.[1];
  return keyword === undefined ? {} : { pointer: findKey(schema, keyword) ?? '', key: true };
}

function findKey(value: unknown, key: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.hasOwn(value, key)) return toPointer(key);
  for (const [name, child] of Object.entries(value)) {
    const found = findKey(child, key);
    if (found !== undefined) return toPointer(name) + found;
  }
  return undefined;
}

/** Patterns of schemas see payloads of strangers: none may take more than linear time. */
const linear = Object.assign((pattern: string) => toLinear(new RegExp(pattern, 'u')), { code: 'linear' });

/** One for all schemas: making it takes as long as compiling one. */
const firstAjv = once(() => createAjv(false));
const everyAjv = once(() => createAjv(true));

/** Forgets the schema again: two plugins may have the same `$id` in theirs. */
function compileWith(ajv: Ajv2020, schema: object): ValidateFunction {
  try {
    return ajv.compile(schema);
  } finally {
    ajv.removeSchema(schema);
  }
}

function createAjv(allErrors: boolean): Ajv2020 {
  const options = { strict: true, strictRequired: false, allowUnionTypes: true, validateSchema: false } as const;
  const ajv = new Ajv2020({ ...options, allErrors, verbose: false, code: { regExp: linear, optimize: false } });
  formats.default(ajv);
  return ajv;
}

/** ajv's messages quote the schema, never the payload; a name that the schema doesn't know is a part of the payload. */
function describe({ instancePath, message }: ErrorObject): SchemaError {
  return { pointer: instancePath.slice(0, 200), message: message ?? 'is not valid' };
}

function isSchema(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
