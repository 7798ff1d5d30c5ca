import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

const schemas: { readonly properties: { readonly [kind: string]: object }; readonly $defs: object } = JSON.parse(
  readFileSync(new URL('schemas.json', import.meta.url), 'utf8'),
);
const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false });
const compiled = new Map<string, ValidateFunction>();

/** What the API server would refuse of an object, unknown fields too: a line each, with the place. `kind`: as in `apps/v1 Deployment`. */
export function findFaults(kind: string, object: unknown): readonly string[] {
  const schema = schemas.properties[kind];
  if (schema === undefined) return [`there is no schema of ${kind} in test/support/kubernetes/schemas.json`];
  const validate = compiled.get(kind) ?? ajv.compile({ ...schema, $defs: schemas.$defs });
  compiled.set(kind, validate);
  if (validate(object)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const unknown: unknown = params.additionalProperty;
    return `${instancePath || '/'}: ${typeof unknown === 'string' ? `unknown field ${unknown}` : message}`;
  });
}
