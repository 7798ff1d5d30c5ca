import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFreePorts, user } from '../support/kafka.js';
import { secret } from './events.js';
import { prepareDiskFaults } from './fail-disk.js';
import { makeVolume } from './folder-faults.js';
import { GatewayProcess } from './gateway-process.js';

const plugins = fileURLToPath(new URL('../../plugins', import.meta.url));

export const endpointPath = '/webhooks/stripe';

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
  /** Ends the gateways; what is on a volume of its own stays as `spool-at-end` if asked for. */
  close(keep: boolean): Promise<void>;
}

export interface SiteOptions {
  readonly workers: number;
  /** The spool gets a small file system of its own, which can be filled and taken away; it takes root. */
  readonly ownDisk: boolean;
}

/** Prepares a folder for gateways; none is started yet. `brokers`: where `user` logs in. */
export async function openSite(dir: string, brokers: readonly string[], options: SiteOptions): Promise<Site> {
  const spool = join(dir, 'spool');
  await mkdir(spool, { recursive: true });
  const volume = options.ownDisk ? join(dir, 'volume') : undefined;
  if (volume !== undefined) await mkdir(volume);
  const unmount = volume === undefined ? undefined : makeVolume(volume, spool);
  const [front = 0, back = 0, otherFront = 0, otherBack = 0] = await findFreePorts(4);
  const gateways = { gateway: { front, back }, second: { front: otherFront, back: otherBack } };
  const environment = {
    STRIPE_WEBHOOK_SECRET: secret,
    KAFKA_PASSWORD: user.password,
    ...(await prepareDiskFaults(dir)),
  };
  const gateway = new GatewayProcess({ dir, url: `http://127.0.0.1:${front}`, environment });
  const url = `http://127.0.0.1:${otherFront}`;
  const second = new GatewayProcess({ dir, name: 'second', contained: true, url, environment });

  for (const [name, ports] of Object.entries(gateways)) {
    await writeFile(join(dir, `${name}.yaml`), configure(brokers, ports, options.workers));
  }
  return {
    dir,
    spool,
    volume,
    gateway,
    second,
    adminUrl: `http://127.0.0.1:${back}`,
    async close(keep) {
      await Promise.all([gateway.kill(), second.kill()]);
      if (volume === undefined) return;
      if (keep) await cp(volume, join(dir, 'spool-at-end'), { recursive: true });
      unmount?.();
    },
  };
}

function configure(
  brokers: readonly string[],
  ports: { readonly front: number; readonly back: number },
  workers: number,
): string {
  return `version: 1
server: { listen: "127.0.0.1:${ports.front}", workers: ${workers}, shutdownDelay: 2s, drain: 10s }
admin: { listen: "127.0.0.1:${ports.back}" }
plugins: ${plugins}
kafka:
  brokers: [${brokers.map((broker) => `"${broker}"`).join(', ')}]
  sasl: { mechanism: scram-sha-512, username: ${user.username}, password: { env: KAFKA_PASSWORD } }
  topics: { create: missing, partitions: 6, replicationFactor: 3 }
spool: { dir: ./spool }
dedupe: { dir: ./dedupe }
deadLetter: { topic: webhooks.dlq }
endpoints:
  - provider: stripe
    path: ${endpointPath}
    secrets: [{ name: current, env: STRIPE_WEBHOOK_SECRET }]
`;
}

/** Whether a disk can be made for the spool alone. */
export function canMount(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}
