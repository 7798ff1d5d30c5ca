import type { Knowledge } from '../../config/plugins/example-fields.js';
import { shapeOf } from '../../config/plugins/shape.js';
import { type Bindings, type Endpoint, type Item, RuleError, type WebhookEvent } from '../../core/model.js';
import { Rejection } from '../../core/rejection.js';
import { identify } from '../../core/stages/event.js';

/** An item of a delivery, with what else the rules see. */
export interface BoundItem {
  readonly item: Item;
  readonly bindings: Bindings;
}

/** An event of an example, as the rules of its plugin and of an endpoint see it. */
export interface Specimen {
  /** Name of the example: its event type. */
  readonly example: string;
  /** JSON pointer of its item in the body; empty for the whole. */
  readonly item: string;
  readonly value: unknown;
  readonly bindings: Bindings;
  /** Headers that only the provider's signature would bring: rules that read them can't be tried. */
  readonly unsigned: ReadonlySet<string>;
  /** Where the event rules fail or find nothing, it has the type that the example is named after. */
  readonly event: Pick<WebhookEvent, 'id' | 'type'> & Partial<WebhookEvent>;
  /** Whether the event rules found out what it is. */
  readonly identified: boolean;
}

/** The events of a plugin's examples, and what can be known from them. */
export interface Ground extends Knowledge {
  readonly specimens: readonly Specimen[];
}

export function groundOf({ schemas }: Endpoint['provider'], specimens: readonly Specimen[]): Ground {
  return {
    specimens,
    shape: shapeOf(specimens.map(({ value }) => value)),
    schemas: schemas.flatMap(({ schema }) => schema ?? []),
  };
}

/** The items of an example as specimens. */
export async function toSpecimens(
  endpoint: Endpoint,
  example: string,
  items: readonly BoundItem[],
): Promise<readonly Specimen[]> {
  return Promise.all(
    items.map(async ({ item, bindings: given }) => {
      const { headers, digest } = given;
      const unsigned = new Set(endpoint.provider.scheme.headers.filter((name) => headers[name] === undefined));
      const madeUp = Object.fromEntries([...unsigned].map((name) => [name, digest]));
      const bindings = replaced(given, { headers: { ...madeUp, ...headers } });
      const found = await identifyAnyway(endpoint, item, bindings);
      const event = found ?? { id: digest, type: example };
      return {
        example,
        item: item.pointer,
        value: item.value,
        bindings,
        unsigned,
        event,
        identified: found !== undefined,
      };
    }),
  );
}

/** The same but for some of it. A copy would lack what is computed when it is asked for. */
function replaced(bindings: Bindings, own: Partial<Bindings>): Bindings {
  return new Proxy(bindings, {
    get: (target, name) => (Object.hasOwn(own, name) ? Reflect.get(own, name) : Reflect.get(target, name)),
  });
}

async function identifyAnyway(endpoint: Endpoint, item: BoundItem['item'], bindings: Bindings) {
  try {
    return await identify(endpoint, item, bindings);
  } catch (error) {
    if (error instanceof Rejection || error instanceof RuleError) return undefined;
    throw error;
  }
}

/** The same specimens at another endpoint. */
export function atEndpoint(ground: Ground, endpoint: Bindings['endpoint']): Ground {
  const move = (specimen: Specimen) => ({ ...specimen, bindings: replaced(specimen.bindings, { endpoint }) });
  return { ...ground, specimens: ground.specimens.map(move) };
}
