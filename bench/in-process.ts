import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDevSecrets } from '../src/cli/dev/secrets.js';
import { type LoadedConfig, loadConfig } from '../src/config/load.js';
import type { Delivery, Endpoint, Publisher } from '../src/core/model.js';
import type { Ports } from '../src/core/pipeline.js';
import { noDedupe } from '../src/storage/dedupe/open.js';
import { plugins } from './contestants.js';
import { scratch } from './launch.js';
import { median } from './measure.js';

/** A configuration with these endpoints (YAML or JSON), whose secrets are made: `../data/NAME.secret`. */
export async function loadEndpoints(endpoints: string): Promise<LoadedConfig> {
  mkdirSync(scratch, { recursive: true });
  const dir = mkdtempSync(join(scratch, 'config-'));
  try {
    mkdirSync(join(dir, 'config'));
    const file = join(dir, 'config/gateway.yaml');
    writeFileSync(
      file,
      `version: 1\nplugins: ${JSON.stringify(plugins)}\nembedded: { dir: ../data/log }\nendpoints: ${endpoints}\n`,
    );
    await makeDevSecrets(file);
    return await loadConfig(file, process.env, Date.now());
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Of a configuration with one endpoint. */
export async function loadEndpoint(provider: string, more = ''): Promise<Endpoint> {
  const secrets = 'secrets: [{ name: dev, file: ../data/dev.secret }]';
  const { settings, diagnostics } = await loadEndpoints(`[{ provider: ${provider}, path: /in, ${more || secrets} }]`);
  const [endpoint] = settings?.endpoints ?? [];
  if (endpoint === undefined) throw new Error(JSON.stringify(diagnostics));
  return endpoint;
}

/** The payload as the endpoint's provider sends it now, signed with the last of its secrets. */
export function signDelivery(endpoint: Endpoint, payload: unknown): Delivery {
  const { provider, secrets, surroundings, path } = endpoint;
  const secret = secrets.at(-1);
  if (secret === undefined) throw new Error('no secret');
  const request = {
    method: 'POST',
    url: `http://localhost${path}`,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(payload)),
  };
  const now = Date.now();
  const { headers, body } = provider.scheme.sign(request, secret.key, now, surroundings, secrets);
  const values = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  return { id: 'd', receivedAt: now, method: 'POST', target: path, headers: values, body };
}

/** Everything is taken at once, nothing is kept. */
export const ports: Ports = {
  publisher: createSink(),
  dedupe: noDedupe,
  deadLetterTopic: 'webhooks.dlq',
  mayKeepUnverified: () => true,
  now: Date.now,
};

export function createSink(): Publisher {
  return {
    publish: async ({ topic }) => ({ topic, partition: 0, offset: 0n }),
    ready: () => true,
    connected: () => true,
    close: async () => undefined,
  };
}

/** Microseconds of CPU for one. */
export async function timeRuns(runs: number, work: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  for (let run = 0; run < runs; run++) {
    const result = work();
    // What answers at once is not waited for, as in the pipeline.
    if (result instanceof Promise) await result;
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / runs;
}

/** Medians of interleaved rounds, the first of which is not counted: name → microseconds of CPU for one. */
export async function compare(
  rounds: number,
  works: { readonly [name: string]: { readonly runs: number; readonly work: () => unknown } },
): Promise<Map<string, number>> {
  const samples = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const [name, { runs, work }] of Object.entries(works)) {
      const time = await timeRuns(runs, work);
      if (round > 0) samples.set(name, [...(samples.get(name) ?? []), time]);
    }
  }
  return new Map([...samples].map(([name, times]) => [name, median(times)]));
}
