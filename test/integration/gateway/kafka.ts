import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { getKafka } from '../shared-kafka.js';
import { createMix, type Mixed } from './mix.js';
import { plugins, type Running, renameTopics, run } from './running.js';

const shipped = fileURLToPath(new URL('../../../config/gateway.yaml', import.meta.url));

export const secret = 'whsec_oFqGZ1vYbW7x';
export const connections = 64;

/** A gateway and the provider that sends to it. */
export interface Exchange extends Running {
  /** The n-th request. */
  readonly mix: (n: number) => Mixed;
  send(mixed: Mixed): Promise<{ readonly status: number; readonly retryAfter: unknown; readonly text: string }>;
  isReady(): Promise<boolean>;
}

/** Runs config/gateway.yaml on free ports, with topics `PREFIX.*` of its own. `change` edits the text. */
export async function runShipped(prefix: string, change: (yaml: string) => string = (yaml) => yaml): Promise<Exchange> {
  const yaml = renameTopics(readFileSync(shipped, 'utf8'), prefix)
    .replace(/listen: \S+/g, 'listen: 127.0.0.1:0')
    .replace('plugins: ../plugins', 'plugins: plugins')
    .replaceAll('dir: ../data', 'dir: data');
  const { brokers } = getKafka();
  const gateway = await run(
    { 'gateway.yaml': change(yaml), ...stripePlugin(prefix) },
    { KAFKA_BOOTSTRAP_SERVERS: brokers.join(','), STRIPE_WEBHOOK_SECRET: secret },
  );
  const pool = new Pool(gateway.url, { connections });
  return {
    ...gateway,
    mix: await createMix(gateway),
    async send({ request: { url, headers, body } }) {
      const answer = await pool.request({ path: new URL(url).pathname, method: 'POST', headers: { ...headers }, body });
      return { status: answer.statusCode, retryAfter: answer.headers['retry-after'], text: await answer.body.text() };
    },
    isReady: async () => (await fetch(`${gateway.adminUrl}/ready`)).status === 200,
    async close() {
      await pool.close();
      await gateway.close();
    },
  };
}

function stripePlugin(prefix: string): { [path: string]: string } {
  const folder = join(plugins, 'stripe');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(yaml|json|txt)$/.test(name),
  );
  return Object.fromEntries(
    names.map((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      return [`plugins/stripe/${name}`, name === 'plugin.yaml' ? renameTopics(text, prefix) : text];
    }),
  );
}
