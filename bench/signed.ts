import { join } from 'node:path';
import type { PluginDeclaration } from '../src/config/plugins/declaration.js';
import { listExamples } from '../src/config/plugins/examples.js';
import { loadPlugin, readPlugin } from '../src/config/plugins/load.js';
import type { Delivery, EndpointContext, Provider, Secret } from '../src/core/model.js';
import { makeSecrets } from '../src/testing/plugins/secrets.js';
import { freshen } from '../src/testing/simulator/freshen.js';
import { makeRequest } from '../src/testing/simulator/request.js';
import { packageRoot } from '../src/util/package-root.js';

/** The first example of a plugin, signed with a made-up secret. */
export interface Signed {
  readonly provider: Provider;
  readonly delivery: Delivery;
  readonly secrets: readonly Secret[];
  readonly surroundings: EndpointContext;
  /** Whether anything but the bytes of the body as a whole counts before the signature is found good. */
  readonly looksInside: boolean;
  /** When it is read, in milliseconds since the epoch. */
  readonly now?: number;
}

const site = 'https://hooks.example.com';

export interface Opened {
  readonly provider: Provider;
  readonly declaration: PluginDeclaration;
  readonly looksInside: boolean;
}

/** A shipped plugin. Throws if it has a fault. */
export async function open(name: string): Promise<Opened> {
  const folder = join(packageRoot, 'plugins', name);
  const [{ provider }, { source }] = await Promise.all([loadPlugin(folder), readPlugin(folder)]);
  if (provider === undefined || source === undefined) throw new Error(`${name} has faults`);
  const { signature, handshakes } = source.declaration;
  const looksInside = /\{(json|item|form)[.:]|"of":"(form|json)"/.test(JSON.stringify([signature, handshakes]));
  return { provider, declaration: source.declaration, looksInside };
}

/** `now` in milliseconds since the epoch. */
export async function signExample(name: string, now: number): Promise<Signed> {
  const { provider, declaration, looksInside } = await open(name);
  const [example] = await listExamples(provider.folder);
  if (example === undefined) throw new Error(`${name} has no examples`);
  const secrets = makeSecrets(provider, declaration, 0);
  const params = Object.fromEntries(Object.keys(declaration.params ?? {}).map((param) => [param, 'made-up']));
  const path = `/webhooks/${name}`;
  const surroundings = { url: site + path, params };
  const request = makeRequest(
    site + path,
    freshen(example, example.fresh, provider.items, now, () => 0),
  );
  const secret = secrets.find(({ key }) => key.type === 'private') ?? secrets[0];
  const signed = secret && provider.scheme.sign(request, secret.key, now, surroundings, secrets);
  const { url, headers, body } = signed ?? request;
  const { pathname, search } = new URL(url);
  return {
    provider,
    secrets,
    surroundings,
    looksInside,
    delivery: {
      id: '00000000-0000-4000-8000-000000000000',
      receivedAt: now,
      method: 'POST',
      target: pathname + search,
      headers: Object.fromEntries(Object.entries(headers).map(([header, value]) => [header, [value]])),
      body,
    },
  };
}
