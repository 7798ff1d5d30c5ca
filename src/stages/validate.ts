import { type Bindings, type Item, type PayloadSchema, type Provider, RuleError } from '../model.js';
import { Rejection } from '../rejection.js';
import { holds } from './condition.js';

/** Holds an item against the first schema of the provider that is for it. A provider without schemas takes all. */
export async function validate(provider: Provider, item: Item, bindings: Bindings): Promise<void> {
  if (provider.schemas.length === 0) return;
  const schema = await choose(provider.schemas, item, bindings);
  if (schema.check(item.value).length === 0) return;
  throw new Rejection('schema_violation', { detail: schema.name, errors: schema.check(item.value, true) });
}

async function choose(schemas: readonly PayloadSchema[], item: Item, bindings: Bindings): Promise<PayloadSchema> {
  try {
    for (const schema of schemas) {
      if (schema.when === undefined || holds(await schema.when.evaluate(item.value, bindings))) return schema;
    }
  } catch (error) {
    if (error instanceof RuleError) throw new Rejection('schema_none', { detail: error.message });
    throw error;
  }
  throw new Rejection('schema_none');
}
