import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cluster } from '../support/kafka/cluster.js';
import { findFreePorts, user } from '../support/kafka.js';
import { makeToken } from '../support/tokens.js';
import { secret } from './events.js';
import { prepareDiskFaults } from './fail-disk.js';
import { makeVolume } from './folder-faults.js';
import { GatewayProcess } from './gateway-process.js';

const plugins = fileURLToPath(new URL('../../plugins', import.meta.url));

export const endpointPath = '/webhooks/stripe';
/** Seconds that the token for Kafka is good for: longer than any run. */
const tokenLife = 7 * 86_400;

/** Where gateways run on the same folders. */
export interface Site {
  readonly dir: string;
  readonly spool: string;
  /** What is mounted at `spool`, where the spool has a small file system of its own. */
  readonly volume: string | undefined;
  readonly gateway: GatewayProcess;
  /** Where the gateway's state can be asked for. */
  readonly adminUrl: string;
  /** With the same folders and other ports, in a PID namespace of its own. */
  readonly second: GatewayProcess;
  /** From its next start on a gateway publishes so. */
  changeKafka(choice: KafkaChoice): Promise<void>;
  /** Ends the gateways; what is on a volume of its own stays as `spool-at-end` if asked for. */
  close(keep: boolean): Promise<void>;
}

/** How a gateway publishes. */
export interface KafkaChoice {
  readonly compression: 'none' | 'gzip' | 'zstd';
  /** Sessions of `oauthbearer` end every few seconds, so that it has to log in again all the time. */
  readonly login: 'scram-sha-512' | 'oauthbearer';
}

export interface SiteOptions extends KafkaChoice {
  readonly workers: number;
  /** With which events are signed; absent: that of the events of this folder. */
  readonly secret?: string;
  /** `dedupe.redis`: what Sentinels know. */
  readonly redis?: { readonly urls: readonly string[]; readonly primary: string };
  /** The spool gets a small file system of its own, which can be filled and taken away; it takes root. */
  readonly ownDisk: boolean;
}

type Logins = Pick<Cluster, 'logins' | 'shortLogins'>;
type Configured = KafkaChoice & { readonly workers: number; readonly redis: SiteOptions['redis'] | undefined };

/** Prepares a folder for gateways; none is started yet. */
export async function openSite(dir: string, cluster: Logins, options: SiteOptions): Promise<Site> {
  const spool = join(dir, 'spool');
  await mkdir(spool, { recursive: true });
  const volume = options.ownDisk ? join(dir, 'volume') : undefined;
  if (volume !== undefined) await mkdir(volume);
  const unmount = volume === undefined ? undefined : makeVolume(volume, spool);
  const { workers, redis } = options;
  let kafka: KafkaChoice = { compression: options.compression, login: options.login };
  const [front = 0, back = 0, otherFront = 0, otherBack = 0] = await findFreePorts(4);
  const gateways = { gateway: { front, back }, second: { front: otherFront, back: otherBack } };
  const environment = {
    STRIPE_WEBHOOK_SECRET: options.secret ?? secret,
    KAFKA_PASSWORD: user.password,
    ...(await prepareDiskFaults(dir)),
  };
  const gateway = new GatewayProcess({ dir, url: `http://127.0.0.1:${front}`, environment });
  const url = `http://127.0.0.1:${otherFront}`;
  const second = new GatewayProcess({ dir, name: 'second', contained: true, url, environment });

  async function configureAll(): Promise<void> {
    for (const [name, ports] of Object.entries(gateways)) {
      await writeFile(join(dir, `${name}.yaml`), configure(cluster, ports, { ...kafka, workers, redis }));
    }
  }

  await writeFile(join(dir, 'token'), makeToken(user.username, tokenLife));
  await configureAll();
  return {
    dir,
    spool,
    volume,
    gateway,
    second,
    adminUrl: `http://127.0.0.1:${back}`,
    async changeKafka(choice) {
      kafka = choice;
      await configureAll();
    },
    async close(keep) {
      await Promise.all([gateway.kill(), second.kill()]);
      if (volume === undefined) return;
      if (keep) await cp(volume, join(dir, 'spool-at-end'), { recursive: true });
      unmount?.();
    },
  };
}

function configure(
  { logins, shortLogins }: Logins,
  ports: { readonly front: number; readonly back: number },
  { compression, login, workers, redis }: Configured,
): string {
  const token = login === 'oauthbearer';
  const sasl = token
    ? '{ mechanism: oauthbearer, tokenFile: ./token }'
    : `{ mechanism: ${login}, username: ${user.username}, password: { env: KAFKA_PASSWORD } }`;
  const shared = redis && `, redis: { url: ${list(redis.urls)}, sentinel: { primary: ${redis.primary} } }`;
  return `version: 1
server: { listen: "127.0.0.1:${ports.front}", workers: ${workers}, shutdownDelay: 2s, drain: 10s }
admin: { listen: "127.0.0.1:${ports.back}" }
plugins: ${plugins}
kafka:
  brokers: ${list(token ? shortLogins : logins)}
  compression: ${compression}
  sasl: ${sasl}
  topics: { create: missing, partitions: 6, replicationFactor: 3 }
spool: { dir: ./spool }
dedupe: { dir: ./dedupe${shared ?? ''} }
deadLetter: { topic: webhooks.dlq }
endpoints:
  - provider: stripe
    path: ${endpointPath}
    secrets: [{ name: current, env: STRIPE_WEBHOOK_SECRET }]
`;
}

function list(values: readonly string[]): string {
  return `[${values.map((value) => `"${value}"`).join(', ')}]`;
}

/** Whether a disk can be made for the spool alone. */
export function canMount(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}
