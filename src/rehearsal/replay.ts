import { randomInt } from 'node:crypto';
import type { Endpoint, KafkaRecord, OutgoingRequest, Provider, Secret, VerifiedDelivery } from '../model.js';
import type { PluginDeclaration } from '../plugins/declaration.js';
import type { Example } from '../plugins/examples.js';
import { freshen } from '../simulate/freshen.js';
import { makeRequest } from '../simulate/request.js';
import { bind } from '../stages/bind.js';
import { decode } from '../stages/decode.js';
import { identify } from '../stages/identify.js';
import { map } from '../stages/map.js';
import { split } from '../stages/split.js';
import { validate } from '../stages/validate.js';

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
    ...{ name, path, provider, secrets, routes, rejected: 'deadletter', headers: [], livemode: 'any' },
    surroundings: { url: site + path, params: given },
  };
}

/** An example as the simulator would send it: what it says of the time is now. */
export function requestOf({ path, provider }: Endpoint, example: Example, now: number): OutgoingRequest {
  const fresh = freshen(example, example.fresh, provider.items, now, (limit) => randomInt(limit));
  return makeRequest(site + path, fresh);
}

/** The records of a proven delivery. Rejects with the `Rejection` of the stage at which it stops. */
export async function recordsOf(
  endpoint: Endpoint,
  delivery: VerifiedDelivery,
  now: number,
): Promise<readonly KafkaRecord[]> {
  const records: KafkaRecord[] = [];
  for (const item of split(endpoint.provider, decode(endpoint, delivery, now))) {
    const bindings = bind(endpoint, delivery, item);
    await validate(endpoint.provider, item, bindings);
    const event = await identify(endpoint, item, bindings);
    records.push(await map(endpoint, delivery, event, item, bindings));
  }
  return records;
}
