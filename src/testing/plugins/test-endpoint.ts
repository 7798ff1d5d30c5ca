import { randomInt } from 'node:crypto';
import type { SoundPlugin } from '../../config/plugins/catalogue.js';
import type { PluginDeclaration } from '../../config/plugins/declaration.js';
import type { Example } from '../../config/plugins/examples.js';
import type { Endpoint, OutgoingRequest, Provider, Secret } from '../../core/model.js';
import { freshen } from '../simulator/freshen.js';
import { makeRequest } from '../simulator/request.js';
import type { TestKeys } from './negatives.js';
import { makeSecrets } from './secrets.js';

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

/** An endpoint of the plugin with keys made for it, and who signs. */
export function makeTestKeys({ provider, declaration }: SoundPlugin): TestKeys {
  const own = makeSecrets(provider, declaration, 0);
  const others = makeSecrets(provider, declaration, 1);
  const endpoint = makeEndpoint(provider, declaration, own);
  // What signs: the private key where there is one, else the first.
  const signer = own.find(({ key }) => key.type === 'private') ?? own[0];
  const stranger = others.find(({ for: kind }) => kind === signer?.for);
  return { endpoint, others, ...(signer && stranger ? { signer, stranger } : {}) };
}
