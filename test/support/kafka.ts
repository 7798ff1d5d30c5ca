import { randomInt } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Broker, type Ports } from './kafka/broker.js';
import { findLibs, findMissingTool } from './kafka/libs.js';

export { sessionLength, user } from './kafka/broker.js';

/** A Kafka for tests. */
export interface TestKafka {
  /** `host:port` each, without TLS and SASL. */
  readonly brokers: readonly string[];
  /** Absent where the broker is not ours (`KAFKA_BOOTSTRAP_SERVERS`). */
  readonly own?: {
    /** Stops answering until `resume`. */
    pause(): void;
    resume(): void;
    /** A crash; the data survive. */
    kill(): Promise<void>;
    /** After `kill`: resolves when it serves again. */
    start(): Promise<void>;
    /** With `secure`: where `user` logs in, and the certificate for TLS as PEM. */
    readonly secure?: {
      readonly sasl: string;
      readonly tls: string;
      readonly saslTls: string;
      /** Takes unsigned OAuth tokens; sessions end after `sessionLength`. */
      readonly oauth: string;
      readonly ca: string;
    };
  };
  stop(): Promise<void>;
}

/** Why there can be no Kafka here: a sentence for people; absent where there can. */
export function explainMissingKafka(): string | undefined {
  if (process.env.KAFKA_BOOTSTRAP_SERVERS) return undefined;
  const tool = findMissingTool();
  return tool && `The Kafka suite did not run: KAFKA_BOOTSTRAP_SERVERS is not set and ${tool} is not installed.`;
}

/** The Kafka that `KAFKA_BOOTSTRAP_SERVERS` names, else one broker of our own on free loopback ports. */
export async function startKafka({ secure = false } = {}): Promise<TestKafka> {
  const given = process.env.KAFKA_BOOTSTRAP_SERVERS;
  if (given) return { brokers: given.split(',').map((broker) => broker.trim()), stop: async () => undefined };
  const libs = await findLibs();
  const dir = await mkdtemp(join(tmpdir(), 'gateway-kafka-'));
  const ports = await choosePorts(secure);
  const broker = new Broker(dir, ports, libs);
  await broker.format();
  await broker.start();
  const at = (port: number) => `127.0.0.1:${port}`;
  const ca = await readFile(libs.certificate, 'utf8');
  return {
    brokers: [at(ports.plaintext)],
    own: {
      pause: () => broker.pause(),
      resume: () => broker.resume(),
      kill: () => broker.kill(),
      start: () => broker.start(),
      ...(ports.secure && {
        secure: {
          sasl: at(ports.secure.sasl),
          tls: at(ports.secure.tls),
          saslTls: at(ports.secure.saslTls),
          oauth: at(ports.secure.oauth),
          ca,
        },
      }),
    },
    async stop() {
      await broker.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function choosePorts(secure: boolean): Promise<Ports> {
  const [plaintext = 0, controller = 0, sasl = 0, tls = 0, saslTls = 0, oauth = 0] = await findFreePorts(6);
  return { plaintext, controller, ...(secure && { secure: { sasl, tls, saslTls, oauth } }) };
}

/**
 * Ports that nobody listens on at the moment, all different. They are below those that a system gives to connections
 * (Linux from 32768, others from 49152), which come and go by the hundred before a broker listens.
 */
export async function findFreePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(12_000, 32_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
