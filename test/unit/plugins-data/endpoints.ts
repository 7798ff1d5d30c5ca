import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { loadConfig } from '../../../src/config/load.js';
import type { PluginDeclaration } from '../../../src/config/plugins/declaration.js';
import type { Example } from '../../../src/config/plugins/examples.js';
import { readPlugin } from '../../../src/config/plugins/load.js';
import { assumeProven, dryRun } from '../../../src/core/dry-run.js';
import type {
  Delivery,
  Endpoint,
  KafkaRecord,
  OutgoingRequest,
  Secret,
  VerifiedDelivery,
} from '../../../src/core/model.js';
import { verify } from '../../../src/core/stages/verify.js';
import { developmentSecrets } from '../../../src/testing/plugins/secrets.js';
import { freshen, type Random } from '../../../src/testing/simulator/freshen.js';
import { makeRequest, signRequest } from '../../../src/testing/simulator/request.js';
import { now } from '../signature/support.js';

export const pluginsFolder = new URL('../../../plugins/', import.meta.url);
const site = 'https://hooks.example.com';

/** Names of the shipped plugins. */
export const pluginNames: readonly string[] = readdirSync(pluginsFolder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

export async function declarationOf(name: string): Promise<PluginDeclaration> {
  const { source, diagnostics } = await readPlugin(new URL(name, pluginsFolder).pathname);
  if (source === undefined) throw new Error(JSON.stringify(diagnostics, undefined, 2));
  return source.declaration;
}

/** The endpoint of a gateway.yaml in which it is the only one, with all secrets and parameters that the plugin knows. */
export async function loadEndpoint(name: string, index: 0 | 1 = 0): Promise<Endpoint> {
  const declaration = await declarationOf(name);
  const texts = [...developmentSecrets(declaration, index)];
  const secrets = texts.map(([kind], at) => ({ name: kind || 'current', env: `SECRET_${at}` }));
  const params = Object.fromEntries(Object.keys(declaration.params ?? {}).map((param) => [param, `made_up_${param}`]));
  const gateway = {
    version: 1,
    server: { publicUrl: site },
    embedded: { dir: './data' },
    plugins: [new URL('.', pluginsFolder).pathname],
    endpoints: [
      {
        provider: name,
        path: `/webhooks/${name}`,
        accept: ['signature-body-unbound', 'event-unbound'],
        ...(secrets.length === 0 ? {} : { secrets }),
        ...(Object.keys(params).length === 0 ? {} : { params }),
      },
    ],
  };
  const folder = mkdtempSync(join(tmpdir(), 'gateway-plugin-'));
  try {
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, stringify(gateway));
    const env = Object.fromEntries(texts.map(([, text], at) => [`SECRET_${at}`, text]));
    const { settings, diagnostics } = await loadConfig(file, env, now);
    expect(diagnostics, JSON.stringify(diagnostics, undefined, 2)).to.deep.equal([]);
    const endpoint = settings?.endpoints[0];
    if (endpoint === undefined) throw new Error(`no endpoint for ${name}`);
    return endpoint;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As the simulator sends it: what a body says of the time is now. */
export function requestOf(
  { path, provider }: Endpoint,
  example: Example,
  time = now,
  random: Random = () => 0,
): OutgoingRequest {
  return makeRequest(site + path, freshen(example, example.fresh, provider.items, time, random));
}

export function deliveryOf({ method, url, headers, body }: OutgoingRequest, receivedAt = now): Delivery {
  const { pathname, search } = new URL(url);
  return {
    id: '00000000-0000-4000-8000-000000000000',
    receivedAt,
    method,
    target: pathname + search,
    body,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
  };
}

/** Secrets that can sign: the key of the provider itself is public, and nobody here has the private one. */
export function signingSecret({ secrets }: Endpoint): Secret | undefined {
  return secrets.find(({ key }) => key.type === 'private') ?? secrets[0];
}

/** The request as the provider signs it at `time`; unsigned where only the provider itself can sign. */
export function signed(endpoint: Endpoint, request: OutgoingRequest, time = now): OutgoingRequest {
  const secret = signingSecret(endpoint);
  return secret === undefined ? request : signRequest(endpoint, secret, request, time);
}

/** Verifies a signed request that arrives at `time`. Throws a `Rejection`. */
export function proven(endpoint: Endpoint, request: OutgoingRequest, time = now): VerifiedDelivery {
  const delivery = deliveryOf(request, time);
  if (signingSecret(endpoint) === undefined) return { ...delivery, proof: { secret: 'published' } } as VerifiedDelivery;
  return verify(endpoint, delivery, time);
}

/** The records of a proven delivery. Rejects with the first `Rejection`, if a part of it stops. `time` in milliseconds since the epoch. */
export async function recordsOf(
  endpoint: Endpoint,
  delivery: VerifiedDelivery,
  time: number,
): Promise<readonly KafkaRecord[]> {
  const options = { now: time, deadLetterTopic: 'webhooks.dlq' };
  const { events, outcome } = await dryRun(assumeProven(endpoint, delivery.proof.secret), delivery, options);
  const [rejection] = outcome.rejected;
  if (rejection !== undefined) throw rejection;
  return events.map(({ record }) => record);
}
