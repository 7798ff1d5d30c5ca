import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { type LoadedConfig, loadConfig } from '../../src/config/load.js';
import type { GatewaySettings } from '../../src/config/settings.js';
import type { Endpoint } from '../../src/core/model.js';
import { formatGithub } from '../../src/diagnostics/formats.js';
import { formatJunit } from '../../src/diagnostics/junit.js';
import { formatPretty } from '../../src/diagnostics/pretty.js';
import { formatSarif } from '../../src/diagnostics/sarif.js';
import { type Gateway, startGateway } from '../../src/gateway.js';
import { createLog } from '../../src/server/telemetry/log.js';
import { makeRequest, newestSecret, signRequest } from '../../src/testing/simulator/request.js';
import type { Files } from '../../src/util/read-text.js';
import { memoryPublisher } from '../support/memory-publisher.js';
import { createDice, mutate } from '../support/mutate.js';

const count = Number(process.env.FUZZ_COUNT ?? 2000);
const seed = Number(process.env.FUZZ_SEED ?? 20261123);
const environment = { ACME_SECRET: 'LEAK-acme', PLAIN: 'plain' };

const gateway = `version: 1
server: { listen: 127.0.0.1:0, limits: { body: 1MiB, bodyTimeout: 10s, inFlight: 100 }, drain: 1s }
embedded: { dir: ../data }
plugins: plugins
dedupe: { window: 1h }
deadLetter: { topic: webhooks.dlq, unverified: { perMinute: 60 } }
log: { level: error, debug: "\${DEBUG:-false}" }
lint: { rules: { event-unrouted: off } }
endpoints:
  - provider: acme
    path: /webhooks/acme
    secrets:
      - { name: current, env: ACME_SECRET }
      - { name: previous, env: ACME_SECRET, expires: 2030-01-01T00:00:00Z }
    rejected: deadletter
    livemode: any
    routes:
      - events: [order.paid, "refund.*"]
        when: amount > 100 and $exists(order.id)
        topic: webhooks.large
        key: |
          order.id ?
            order.id : id
  - name: second
    provider: acme
    path: /webhooks/second
    secrets: [{ name: current, env: ACME_SECRET }]
`;
const plugin = `version: 1
name: acme
title: Acme
signature:
  algorithm: hmac-sha256
  signature: { from: "{header.acme-signature}", split: { items: ",", pair: "=" }, pick: v1, encoding: hex }
  content: "{sig.t}.{raw}"
  timestamp: { value: "{sig.t}", unit: s, tolerance: 300s }
schemas:
  - { schema: event.schema.json }
event: { id: id, type: type, time: "$fromMillis(created * 1000)", subject: order.id }
routes:
  - { events: ["order.*"], topic: webhooks.acme.order, key: order.id }
  - { events: ["*"], topic: webhooks.acme }
eventTypes: event-types.txt
`;
const schema = `{
  "type": "object",
  "required": ["id", "type"],
  "properties": {
    "id": { "type": "string", "pattern": "^evt_" },
    "type": { "type": "string" },
    "amount": { "type": "integer", "minimum": 0 },
    "order": { "type": "object", "properties": { "id": { "type": "string" } } }
  }
}
`;
const payload = { id: 'evt_1', type: 'order.paid', created: 1_790_000_000, amount: 4200, order: { id: 'ord_1' } };

describe('a fuzz of configurations', function () {
  this.timeout(180_000);
  const folder = mkdtempSync(join(tmpdir(), 'gateway-fuzz-'));
  const base = join(folder, 'config');
  const good = new Map([
    [join(base, 'gateway.yaml'), gateway],
    [join(base, 'plugins/acme/plugin.yaml'), plugin],
    [join(base, 'plugins/acme/event.schema.json'), schema],
    [join(base, 'plugins/acme/event-types.txt'), 'order.paid\norder.created\nrefund.created\n'],
  ]);
  const started: Gateway[] = [];
  after(async () => {
    await Promise.all(started.map((each) => each.close()));
    rmSync(folder, { recursive: true });
  });

  function load(texts: ReadonlyMap<string, string>): Promise<LoadedConfig> {
    const files: Files = {
      read: async (path) => {
        const text = texts.get(path);
        return text === undefined ? { reason: 'ENOENT' } : { text };
      },
      listPlugins: async (path) => (path === join(base, 'plugins') ? { names: ['acme'] } : { reason: 'ENOENT' }),
    };
    return loadConfig(join(base, 'gateway.yaml'), environment, Date.now(), files);
  }

  it(`of ${count} none makes the linter fail, and what lints clean starts and serves`, async () => {
    const dice = createDice(seed);
    const tally = { clean: 0, faulty: 0, restarted: 0 };
    const host = await createHost(folder, started);
    for (let round = 0; round < count; round++) {
      const target = [...good.keys()][dice(10) < 6 ? 0 : dice(3)] ?? '';
      const texts = new Map([...good, [target, mutate(good.get(target) ?? '', dice)]]);
      const told = `seed ${seed}, round ${round}:\n${texts.get(target)?.slice(0, 3000)}`;
      try {
        const { settings, diagnostics, sources } = await load(texts);
        const printed = [
          formatPretty(diagnostics, sources, { base }),
          formatSarif(diagnostics, base, '1'),
          formatJunit(diagnostics, [target], base),
          formatGithub(diagnostics, base),
        ];
        expect(printed.join('')).not.to.contain('LEAK');
        const errors = diagnostics.some(({ severity }) => severity === 'error');
        expect(settings === undefined).to.equal(errors);
        tally[errors ? 'faulty' : 'clean']++;
        if (settings !== undefined) await host(settings);
      } catch (error) {
        throw new Error(`${told}\n${error instanceof Error ? error.stack : String(error)}`);
      }
    }
    expect(tally.clean).to.be.above(count / 20);
    expect(tally.faulty).to.be.above(count / 4);
  });
});

/** Serves settings: by a reload of one gateway; where what can't be reloaded differs, by a gateway of their own. */
async function createHost(folder: string, started: Gateway[]): Promise<(settings: GatewaySettings) => Promise<void>> {
  const log = createLog('error', { write: () => undefined });
  let shared: { readonly gateway: Gateway; readonly bound: string } | undefined;
  return async (settings) => {
    const local = inFolder(settings, folder);
    const { publisher, dedupe, admin, workers, listen } = local;
    const bound = JSON.stringify({ publisher, dedupe, admin, workers, listen });
    if (shared === undefined) {
      const gateway = await startGateway(local, { log });
      started.push(gateway);
      shared = { gateway, bound };
    }
    if (bound === shared.bound) {
      shared.gateway.reload(local);
      await serve(shared.gateway, local);
      return;
    }
    // The folder of the window belongs to the shared one.
    const apart = dedupe === undefined ? local : { ...local, dedupe: { ...dedupe, dir: join(folder, 'apart') } };
    const own = await startGateway(apart, {
      log,
      ...(publisher.kind === 'kafka' ? { publisher: memoryPublisher() } : {}),
    });
    try {
      await serve(own, local);
    } finally {
      await own.close();
    }
  };
}

/** Ports are free ones of this machine, and folders are ours: what there is on a machine no linter can know. */
function inFolder(settings: GatewaySettings, folder: string): GatewaySettings {
  const { publisher, dedupe, admin } = settings;
  const ours = (dir: string) => (dir.startsWith(folder) ? dir : join(folder, 'elsewhere'));
  const listen = { host: '127.0.0.1', port: 0 };
  return {
    ...settings,
    listen,
    ...(admin !== undefined && { admin: { listen } }),
    publisher: publisher.kind === 'embedded' ? { ...publisher, dir: ours(publisher.dir) } : publisher,
    ...(dedupe !== undefined && { dedupe: { ...dedupe, dir: ours(dedupe.dir) } }),
  };
}

/** Its health, and a webhook of its first endpoint, signed as the provider signs. */
async function serve({ url }: Gateway, { endpoints }: GatewaySettings): Promise<void> {
  const health = await fetch(`${url}/health`);
  expect(health.status).to.equal(200);
  await health.arrayBuffer();
  const [endpoint] = endpoints;
  if (endpoint === undefined) throw new Error('lints clean without an endpoint');
  const { headers, body } = signed(endpoint, url + endpoint.path);
  const post = async () => {
    const answer = await fetch(url + endpoint.path, { method: 'POST', headers, body });
    await answer.arrayBuffer();
    return answer.status;
  };
  // On a busy machine this process, which lints beside, may count as overloaded for a while.
  let status = await post();
  for (const end = Date.now() + 20_000; status === 503 && Date.now() < end; status = await post()) await delay(50);
  // What the limits, the expiry of secrets or the plugin's own faults refuse is refused.
  expect(status).to.be.oneOf([200, 401, 413, 415, 422]);
}

function signed(endpoint: Endpoint, url: string) {
  const request = makeRequest(url, { headers: {}, payload });
  const secret = newestSecret(endpoint, Date.now());
  try {
    return secret === undefined ? request : signRequest(endpoint, secret, request, Date.now());
  } catch {
    // Not every scheme that a mutation makes can be signed with.
    return request;
  }
}
