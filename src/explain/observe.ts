import { type Endpoint, type PayloadSchema, type Route, type Rule, RuleError, type SchemaError } from '../model.js';

/** What an expression gave, or why it failed. */
export interface Evaluated {
  readonly source: string;
  /** Absent: it found nothing, or failed. */
  readonly value?: unknown;
  readonly failed?: string;
}

/** What was asked about one item of a delivery, in this order. */
export interface ItemTrace {
  readonly value: unknown;
  readonly schemas: Mutable<TriedSchema>[];
  readonly facts: (Evaluated & { readonly name: string })[];
  readonly routes: Mutable<TriedRoute>[];
}

export interface TriedSchema {
  readonly name: string;
  readonly when?: Evaluated;
  /** Absent: it wasn't the one for this item. */
  readonly errors?: readonly SchemaError[];
}

export interface TriedRoute {
  readonly route: Route;
  /** Whether it takes the event's type. */
  readonly matched: boolean;
  readonly when?: Evaluated;
  readonly key?: Evaluated;
}

type Mutable<T> = { -readonly [name in keyof T]: T[name] };

/**
 * The same endpoint, which notes what the stages ask of its schemas, rules and routes. The stages run as they are, so
 * that nothing is decided twice, and the gateway itself pays nothing for it.
 */
export function observe(endpoint: Endpoint): { readonly observed: Endpoint; readonly items: readonly ItemTrace[] } {
  const items: ItemTrace[] = [];
  const begin = (value: unknown) => void items.push({ value, schemas: [], facts: [], routes: [] });
  const { provider } = endpoint;
  const schemas = provider.schemas.map((schema, index) => observeSchema(schema, items, index === 0 ? begin : nothing));
  const event = observeEvent(provider.event, items, schemas.length === 0 ? begin : nothing);
  const routes = endpoint.routes.map((route) => observeRoute(route, items));
  return { observed: { ...endpoint, routes, provider: { ...provider, schemas, event } }, items };
}

function nothing(): void {}

/** `begin` is told of the value at which the stages begin with an item. */
function observeSchema(schema: PayloadSchema, items: readonly ItemTrace[], begin: (value: unknown) => void) {
  const { name, when } = schema;
  const tried = () => last(last(items)?.schemas);
  const start = (value: unknown) => {
    begin(value);
    last(items)?.schemas.push({ name });
  };
  const note = (seen: Evaluated) => Object.assign(tried() ?? {}, { when: seen });
  return {
    ...schema,
    ...(when === undefined ? {} : { when: observeRule(when, note, start) }),
    check(value: unknown, all?: boolean) {
      // It is asked again for all of its errors.
      if (when === undefined && all !== true) start(value);
      const errors = schema.check(value, all);
      Object.assign(tried() ?? {}, { errors });
      return errors;
    },
  };
}

function observeEvent(
  event: Endpoint['provider']['event'],
  items: readonly ItemTrace[],
  begin: (value: unknown) => void,
): Endpoint['provider']['event'] {
  const watch = (name: string, rule: Rule, start?: (value: unknown) => void) =>
    observeRule(rule, (seen) => last(items)?.facts.push({ name, ...seen }), start);
  const { id, type, ...others } = event;
  const rest = Object.entries(others).map(([name, rule]) => [name, watch(name, rule)]);
  return { ...Object.fromEntries(rest), id: watch('id', id, begin), type: watch('type', type) };
}

function observeRoute(route: Route, items: readonly ItemTrace[]): Route {
  const note = (what: 'when' | 'key') => (seen: Evaluated) =>
    void Object.assign(last(last(items)?.routes) ?? {}, { [what]: seen });
  return {
    ...route,
    matches(type) {
      const matched = route.matches(type);
      last(items)?.routes.push({ route, matched });
      return matched;
    },
    ...(route.when === undefined ? {} : { when: observeRule(route.when, note('when')) }),
    ...(route.key === undefined ? {} : { key: observeRule(route.key, note('key')) }),
  };
}

function observeRule(rule: Rule, note: (seen: Evaluated) => void, start: (value: unknown) => void = nothing): Rule {
  const { source } = rule;
  return {
    ...rule,
    async evaluate(input, bindings) {
      start(input);
      try {
        const value = await rule.evaluate(input, bindings);
        note({ source, ...(value === undefined ? {} : { value }) });
        return value;
      } catch (error) {
        if (error instanceof RuleError) note({ source, failed: error.message });
        throw error;
      }
    },
  };
}

function last<T>(list: readonly T[] | undefined): T | undefined {
  return list?.at(-1);
}
