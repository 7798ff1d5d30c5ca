import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Broker } from '../../support/kafka/broker.js';
import { findLibs } from '../../support/kafka/libs.js';
import { findFreePorts } from '../../support/kafka.js';
import type { Service } from './compose.js';

/** The broker of the compose file, on free loopback ports. */
export interface ComposeBroker {
  readonly address: string;
  stop(): Promise<void>;
}

/** Starts a broker with the environment of the service and nothing else: `KAFKA_LOG_DIRS` is `log.dirs`. */
export async function startBroker({ environment }: Service): Promise<ComposeBroker> {
  const dir = await mkdtemp(join(tmpdir(), 'gateway-compose-'));
  const [plaintext = 0, host = 0, controller = 0] = await findFreePorts(3);
  const properties = Object.entries(environment)
    .map(([name, value]) => `${toProperty(name)}=${value}`)
    .join('\n')
    .replaceAll(':29092', `:${plaintext}`)
    .replaceAll(':9092', `:${host}`)
    .replaceAll(':9093', `:${controller}`)
    .replaceAll('kafka-broker:', '127.0.0.1:')
    .replaceAll('://:', '://127.0.0.1:')
    .replace(/^log\.dirs=.*$/m, `log.dirs=${dir}/data`);
  const broker = new Broker(dir, { plaintext, controller }, await findLibs());
  await broker.format();
  // What the broker starts with.
  await writeFile(join(dir, 'broker.properties'), properties);
  await broker.start();
  return {
    address: `127.0.0.1:${plaintext}`,
    async stop() {
      await broker.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function toProperty(name: string): string {
  return name
    .replace(/^KAFKA_/, '')
    .replaceAll('_', '.')
    .toLowerCase();
}
