import { loadPlugin } from '../../../src/config/plugins/load.js';
import type { Delivery, Endpoint, Provider, Secret } from '../../../src/core/model.js';
import { deliveryOf } from '../signature/support.js';

/** A signed delivery, and what an endpoint needs to know to prove it. */
export interface Signed {
  readonly secrets?: { readonly [usedFor: string]: string };
  readonly params?: { readonly [name: string]: string };
  readonly query?: string;
  readonly headers: { readonly [name: string]: string };
  readonly body?: string;
}

/** The secret and the body of whatever says nothing else. */
export const plainSecret = 'made-up secret & more';
export const plainBody = '{"id":"1","value":"ü"}';
/** Where the endpoint is, to providers. */
export const url = 'https://hooks.example.com/webhooks/in';

async function providerOf(name: string): Promise<Provider> {
  const { provider } = await loadPlugin(new URL(`../../../plugins/${name}`, import.meta.url).pathname);
  if (provider === undefined) throw new Error(`${name} does not load`);
  return provider;
}

/** An endpoint of a shipped plugin. */
export async function endpointOf(
  name: string,
  secrets: Signed['secrets'],
  params: Signed['params'] = {},
): Promise<Endpoint> {
  const provider = await providerOf(name);
  const keys = Object.entries(secrets ?? { '': plainSecret }).map(([kind, text]): Secret => {
    const named = kind === '' ? {} : { for: kind };
    return { name: kind || 'current', key: provider.scheme.key(text, named.for), ...named };
  });
  return {
    name,
    path: '/webhooks/in',
    provider,
    secrets: keys,
    routes: provider.routes,
    livemode: 'any',
    rejected: 'deadletter',
    headers: [],
    surroundings: { url, params },
  };
}

export function deliveryOfCase({ headers, query = '', body: text = plainBody }: Signed): Delivery {
  const delivery = deliveryOf(text, { 'content-type': 'application/json', ...headers });
  return { ...delivery, target: `/webhooks/in${query}` };
}
