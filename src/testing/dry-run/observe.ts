import {
  type Bindings,
  type Endpoint,
  type PayloadSchema,
  type Protection,
  type Route,
  type Rule,
  RuleError,
  type SchemaError,
} from '../../core/model.js';
import { withExactNumbers } from '../../util/json/parse.js';
import { writeJson } from '../../util/json/write.js';

/** What an expression gave, or why it failed. */
export interface Evaluated {
  readonly source: string;
  /** Absent: it found nothing, or failed. */
  readonly value?: unknown;
  readonly failed?: string;
}

/** What was asked about one item of a delivery. */
export interface ItemTrace {
  readonly value: unknown;
  /** One without errors wasn't the one for this item. */
  readonly schemas: Map<PayloadSchema, TriedSchema>;
  /** By name. */
  readonly facts: Map<string, Evaluated>;
  /** The routes that were asked for their condition or their key. */
  readonly routes: Map<Route, TriedRoute>;
}

export interface TriedSchema {
  readonly when?: Evaluated;
  readonly errors?: readonly SchemaError[];
}

export interface TriedRoute {
  readonly when?: Evaluated;
  readonly key?: Evaluated;
}

/** Told of the value at which the stages begin with an item. */
type Begin = (value: unknown) => void;

/**
 * The same endpoint, which notes what the stages ask of its schemas, rules and routes. The stages run as they are, so
 * that nothing is decided twice, and the gateway itself pays nothing for it.
 */
export function observe(endpoint: Endpoint): { readonly observed: Endpoint; readonly items: readonly ItemTrace[] } {
  const items: ItemTrace[] = [];
  const begin = (value: unknown) => {
    items.push({ value, schemas: new Map(), facts: new Map(), routes: new Map() });
  };
  const { provider, protect } = endpoint;
  const schemas = provider.schemas.map((schema, index) => observeSchema(schema, items, index === 0 ? begin : nothing));
  const event = observeEvent(provider.event, items, schemas.length === 0 ? begin : nothing, protect);
  const routes = endpoint.routes.map((route) => observeRoute(route, items, protect));
  return { observed: { ...endpoint, routes, provider: { ...provider, schemas, event } }, items };
}

function nothing(): void {}

function observeSchema(schema: PayloadSchema, items: readonly ItemTrace[], begin: Begin): PayloadSchema {
  const { when } = schema;
  const noting = () => {
    const tried = items.at(-1)?.schemas;
    return (seen: Partial<TriedSchema>) => tried?.set(schema, { ...tried.get(schema), ...seen });
  };
  const starting = (value: unknown) => {
    begin(value);
    const note = noting();
    return (seen: Evaluated) => note({ when: seen });
  };
  return {
    ...schema,
    ...(when !== undefined && { when: observeRule(when, starting) }),
    check(value, all) {
      // It is asked again for all of its errors.
      if (when === undefined && all !== true) begin(value);
      const errors = schema.check(value, all);
      noting()({ errors });
      return errors;
    },
  };
}

function observeEvent(
  { id, type, ...others }: Endpoint['provider']['event'],
  items: readonly ItemTrace[],
  begin: Begin,
  protection: Protection | undefined,
): Endpoint['provider']['event'] {
  const observed = (name: string, rule: Rule, start: Begin = nothing) =>
    observeRule(
      rule,
      (value) => {
        start(value);
        const facts = items.at(-1)?.facts;
        // Where something is protected, it is asked again for what is left: the first answer is that of the event.
        return (seen) => facts?.has(name) || facts?.set(name, seen);
      },
      protection,
    );
  const rest = Object.entries(others).map(([name, rule]) => [name, observed(name, rule)]);
  return { ...Object.fromEntries(rest), id: observed('id', id, begin), type: observed('type', type) };
}

function observeRoute(route: Route, items: readonly ItemTrace[], protection: Protection | undefined): Route {
  const noting = (what: 'when' | 'key') => () => {
    const tried = items.at(-1)?.routes;
    return (seen: Evaluated) => tried?.get(route)?.[what] ?? tried?.set(route, { ...tried.get(route), [what]: seen });
  };
  return {
    ...route,
    ...(route.when !== undefined && { when: observeRule(route.when, noting('when')) }),
    ...(route.key !== undefined && { key: observeRule(route.key, noting('key'), protection) }),
  };
}

/**
 * `start`, called as the rule is, gives what takes the outcome: rules of one item may be decided in any order. With a protection
 * what the rule makes of the payload as it may be shown is noted.
 */
function observeRule(
  rule: Rule,
  start: (value: unknown) => (seen: Evaluated) => void,
  protection?: Protection | undefined,
): Rule {
  const { source } = rule;
  return {
    ...rule,
    evaluate(input, bindings) {
      const note = start(input);
      const found = rule.evaluate(input, bindings);
      const shown = protection === undefined ? found : evaluateShown(rule, protection, input, bindings);
      const take = (value: unknown) => note({ source, ...(value !== undefined && { value }) });
      if (!(shown instanceof Promise)) take(shown);
      else {
        const noted = shown.then(take, (error: unknown) => {
          if (error instanceof RuleError) note({ source, failed: error.message });
        });
        return Promise.all([found, noted]).then(([value]) => value);
      }
      return found;
    },
  };
}

function evaluateShown(rule: Rule, protection: Protection, input: unknown, bindings: Bindings): unknown {
  const written = protection.json(writeJson(bindings.exact ?? input));
  const value: unknown = JSON.parse(written);
  const { headers, endpoint, deliveryId, digest } = bindings;
  return rule.evaluate(value, { headers, endpoint, deliveryId, digest, exact: withExactNumbers(written, value) });
}
