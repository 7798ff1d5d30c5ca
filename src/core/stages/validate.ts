import { type Bindings, type Item, type PayloadSchema, type Provider, RuleError } from '../model.js';
import { Rejection } from '../rejection.js';
import { findFirst } from './condition.js';

/**
 * Holds an item against the first schema of the provider that is for it. A provider without schemas takes all. A promise
 * only where a condition can't be decided at once.
 */
export function validate({ schemas }: Provider, item: Item, bindings: Bindings): void | Promise<void> {
  if (schemas.length === 0) return;
  const schema = findFirst(schemas, item.value, bindings);
  if (schema instanceof Promise) return schema.then((found) => check(found, item), reject);
  check(schema, item);
}

function check(schema: PayloadSchema | undefined, { value }: Item): void {
  if (schema === undefined) throw new Rejection('schema_none');
  if (schema.check(value).length === 0) return;
  throw new Rejection('schema_violation', { detail: schema.name, errors: schema.check(value, true) });
}

function reject(error: unknown): never {
  throw error instanceof RuleError ? new Rejection('schema_none', { detail: error.message }) : error;
}
