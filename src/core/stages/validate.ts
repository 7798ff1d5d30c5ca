import { type Bindings, type Item, type Provider, RuleError } from '../model.js';
import { Rejection } from '../rejection.js';
import type { Trace } from '../trace.js';
import { findFirst } from './condition.js';

/** Holds an item against the first schema of the provider that is for it. A provider without schemas takes all. */
export async function validate({ schemas }: Provider, item: Item, bindings: Bindings, trace?: Trace): Promise<void> {
  if (schemas.length === 0) return;
  const { value } = item;
  const found = findFirst(schemas, value, bindings, trace);
  const schema = found instanceof Promise ? await found.catch(reject) : found;
  if (schema === undefined) throw new Rejection('schema_none');
  const first = schema.check(value);
  const errors = first.length === 0 ? first : schema.check(value, true);
  trace?.checked?.(schema, errors);
  if (first.length > 0) throw new Rejection('schema_violation', { detail: schema.name, errors });
}

function reject(error: unknown): never {
  throw error instanceof RuleError ? new Rejection('schema_none', { detail: error.message }) : error;
}
