import {
  type Bindings,
  type Endpoint,
  type Item,
  type PayloadSchema,
  type Protection,
  type Route,
  type Rule,
  RuleError,
  type SchemaError,
} from '../../core/model.js';
import type { Trace } from '../../core/trace.js';
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

type EventRules = Endpoint['provider']['event'];

/**
 * Notes what the pipeline asks of an endpoint's schemas, rules and routes. Where the endpoint protects something, facts and keys are
 * noted as its rules make them of the payload as it may be shown.
 */
export class ItemTraces implements Trace {
  readonly #rules: EventRules;
  readonly #protection: Protection | undefined;
  readonly #items: ItemTrace[] = [];
  readonly #noting: Promise<void>[] = [];
  #show: (() => { readonly value: unknown; readonly bindings: Bindings }) | undefined;

  constructor({ provider, protect }: Endpoint) {
    this.#rules = provider.event;
    this.#protection = protect;
  }

  /** The items in the order of the body, when all that was asked about them is known. */
  async settled(): Promise<readonly ItemTrace[]> {
    await Promise.all(this.#noting);
    return this.#items;
  }

  item(item: Item, bindings: Bindings): void {
    this.#items.push({ value: item.value, schemas: new Map(), facts: new Map(), routes: new Map() });
    const protection = this.#protection;
    this.#show = protection && (() => show(protection, item.exact, bindings));
  }

  condition(of: PayloadSchema | Route, value: unknown): void {
    const { when } = of;
    const tried = this.#items.at(-1);
    if (when === undefined || tried === undefined) return;
    if ('check' in of) this.#note(when, value, (seen) => tried.schemas.set(of, { when: seen }));
    else this.#note(when, value, (seen) => tried.routes.set(of, { when: seen }));
  }

  checked(schema: PayloadSchema, errors: readonly SchemaError[]): void {
    const schemas = this.#items.at(-1)?.schemas;
    schemas?.set(schema, { ...schemas.get(schema), errors });
  }

  fact(name: keyof EventRules, value: unknown): void {
    const rule = this.#rules[name];
    const facts = this.#items.at(-1)?.facts;
    if (rule !== undefined) this.#note(rule, this.#shownBy(rule, value), (seen) => facts?.set(name, seen));
  }

  key(route: Route, value: unknown): void {
    const { key } = route;
    const routes = this.#items.at(-1)?.routes;
    if (key === undefined) return;
    this.#note(key, this.#shownBy(key, value), (seen) => routes?.set(route, { ...routes.get(route), key: seen }));
  }

  #shownBy(rule: Rule, value: unknown): unknown {
    const shown = this.#show?.();
    return shown === undefined ? value : rule.evaluate(shown.value, shown.bindings);
  }

  #note({ source }: Rule, value: unknown, note: (seen: Evaluated) => void): void {
    const take = (found: unknown) => note({ source, ...(found !== undefined && { value: found }) });
    if (!(value instanceof Promise)) {
      take(value);
      return;
    }
    const noted = value.then(take, (error: unknown) => {
      if (error instanceof RuleError) note({ source, failed: error.message });
    });
    this.#noting.push(noted);
  }
}

/** The item as it may be shown. */
function show(protection: Protection, exact: unknown, bindings: Bindings) {
  const written = protection.json(writeJson(exact));
  const value: unknown = JSON.parse(written);
  const { headers, endpoint, deliveryId, digest } = bindings;
  const shown = { headers, endpoint, deliveryId, digest, exact: withExactNumbers(written, value) };
  return { value, bindings: shown };
}
