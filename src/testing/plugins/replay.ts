import { randomInt } from 'node:crypto';
import type { PluginDeclaration } from '../../config/plugins/declaration.js';
import type { Example } from '../../config/plugins/examples.js';
import type {
  Bindings,
  Endpoint,
  Item,
  KafkaRecord,
  OutgoingRequest,
  Provider,
  Secret,
  VerifiedDelivery,
} from '../../core/model.js';
import { bind } from '../../core/stages/bind.js';
import { decode } from '../../core/stages/decode.js';
import { identify } from '../../core/stages/identify.js';
import { map } from '../../core/stages/map.js';
import { split } from '../../core/stages/split.js';
import { validate } from '../../core/stages/validate.js';
import { freshen } from '../simulator/freshen.js';
import { makeRequest } from '../simulator/request.js';

const site = 'https://hooks.example.com';

/** An endpoint with these secrets, of which no gateway.yaml knows. A parameter NAME of the plugin is `made_up_NAME`. */
export function makeEndpoint(
  provider: Provider,
  { params = {} }: PluginDeclaration,
  secrets: readonly Secret[],
): Endpoint {
  const { name, routes } = provider;
  const path = `/webhooks/${name}`;
  const given = Object.fromEntries(Object.keys(params).map((param) => [param, `made_up_${param}`]));
  return {
    name,
    path,
    provider,
    secrets,
    routes,
    rejected: 'deadletter',
    headers: [],
    livemode: 'any',
    surroundings: { url: site + path, params: given },
  };
}

/** An example as the simulator would send it: what it says of the time is now. */
export function requestOf({ path, provider }: Endpoint, example: Example, now: number): OutgoingRequest {
  const fresh = freshen(example, example.fresh, provider.items, now, (limit) => randomInt(limit));
  return makeRequest(site + path, fresh);
}

/** An item of a delivery, with what else the rules see. */
export interface BoundItem {
  readonly item: Item;
  readonly bindings: Bindings;
}

/**
 * The records of a proven delivery. Rejects with the `Rejection` of the stage at which it stops. `seen` takes the
 * items, whatever becomes of them.
 */
export async function recordsOf(
  endpoint: Endpoint,
  delivery: VerifiedDelivery,
  now: number,
  seen: BoundItem[] = [],
): Promise<readonly KafkaRecord[]> {
  const records: KafkaRecord[] = [];
  const items = split(endpoint.provider, decode(endpoint, delivery, now));
  const bound = items.map((item) => ({ item, bindings: bind(endpoint, delivery, item) }));
  seen.push(...bound);
  for (const { item, bindings } of bound) {
    await validate(endpoint.provider, item, bindings);
    const event = await identify(endpoint, item, bindings);
    const { record } = await map(endpoint, delivery, event, item, bindings);
    records.push(record);
  }
  return records;
}
