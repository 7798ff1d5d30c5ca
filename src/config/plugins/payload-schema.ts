import type { ErrorObject } from 'ajv';
import type { Fault, PayloadSchema, SchemaError } from '../../core/model.js';
import type { LocatedDocument } from '../../diagnostics/parse.js';
import { toPointer } from '../../diagnostics/pointer.js';
import { checkSchema } from '../../diagnostics/schema-check.js';
import { explainErrors } from '../../diagnostics/schema-faults.js';
import { errorText } from '../../util/errors.js';
import { isRecord } from '../../util/values.js';
import { compileValidators, findValidators, type PayloadValidators } from './payload-validators.js';

const mostErrors = 20;

/**
 * Compiles a plugin's JSON Schema (2020-12) of payloads. `check` stops at the first disagreement, unless told to find
 * them all: one bad array can have 100,000.
 */
export function compilePayloadSchema(
  name: string,
  document: LocatedDocument,
): { check?: PayloadSchema['check']; faults: readonly Fault[] } {
  const known = findValidators(document.text);
  if (known !== undefined) return { check: createCheck(known), faults: [] };
  const { value: schema } = document;
  const invalid = { rule: 'schema-invalid', severity: 'error', pointer: '' } as const;
  if (!isRecord(schema)) return { faults: [{ ...invalid, message: `${name} is no JSON Schema` }] };
  try {
    const wrong = checkSchema(schema);
    if (wrong.length > 0)
      return { faults: explainErrors(wrong).map((fault) => ({ ...fault, rule: 'schema-invalid' })) };
    return { check: createCheck(compileValidators(schema)), faults: [] };
  } catch (error) {
    const reason = errorText(error);
    const place = placeOf(reason, schema);
    const message = `Not a JSON Schema 2020-12 that the gateway can use: ${reason}`;
    return { faults: [{ ...invalid, ...place, message }] };
  }
}

function createCheck({ first, every }: PayloadValidators): PayloadSchema['check'] {
  return (value, all = false) => {
    const validate = all ? every() : first;
    return validate(value) ? [] : (validate.errors ?? []).slice(0, mostErrors).map(describe);
  };
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

/** ajv's messages quote the schema, never the payload; a name that the schema doesn't know is a part of the payload. */
function describe({ instancePath, message }: ErrorObject): SchemaError {
  return { pointer: instancePath.slice(0, 200), message: message ?? 'is not valid' };
}
