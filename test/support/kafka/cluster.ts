import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { findFreePorts } from '../kafka.js';
import { allowAll } from './acls.js';
import { Broker } from './broker.js';
import { findLibs } from './libs.js';
import { electPreferredLeaders, findController, findTopicId, waitForBrokers } from './protocol.js';
import { type Administer, administerKafka, areReplicasInSync, rotateReplicas } from './topics.js';

const size = 3;

/** Three brokers, each also a controller: replication factor 3, two in-sync replicas at least. */
export interface Cluster {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  /** The same, where `user` logs in, who may do everything. */
  readonly logins: readonly string[];
  /** The same, where OAuth tokens are taken, too, and sessions end after `sessionLength`. */
  readonly shortLogins: readonly string[];
  /** To be killed, halted and started again; node n has the log `n/broker.log` in the cluster's folder. */
  readonly nodes: readonly Broker[];
  /** The node with the active controller. */
  findController(): Promise<Broker>;
  /** Every partition of the topics gets another leader, a replica `shift` places further; no broker stops. */
  moveLeaders(topics: readonly string[], shift: number): Promise<void>;
  /** Resolves when no broker knows the topic by this id any more; throws after half a minute. */
  awaitGone(topic: string, id: string | undefined): Promise<void>;
  /** Resolves when every replica of the topics is in sync; throws after a minute and a half. */
  awaitInSync(topics: readonly string[]): Promise<void>;
  administer: Administer;
  stop(): Promise<void>;
}

/** Its data and logs are in `dir`, which stays. */
export async function startCluster(dir: string): Promise<Cluster> {
  const libs = await findLibs();
  const free = await findFreePorts(6 * size);
  const take = () => free.pop() ?? 0;
  const ports = Array.from({ length: size }, () => ({
    plaintext: take(),
    controller: take(),
    secure: { sasl: take(), tls: take(), saslTls: take(), oauth: take() },
  }));
  const listeners = ports.map(({ plaintext }) => plaintext);
  const voters = ports.map(({ controller }, index) => `${index + 1}@127.0.0.1:${controller}`);
  const nodes: Broker[] = [];
  for (const [index, own] of ports.entries()) {
    const home = `${dir}/${index + 1}`;
    await mkdir(home, { recursive: true });
    const node = new Broker(home, own, libs, { id: index + 1, voters });
    await node.format();
    nodes.push(node);
  }
  await Promise.all(nodes.map((node) => node.start()));
  await Promise.all(listeners.map((port) => waitForBrokers(port, size)));
  const brokers = listeners.map((port) => `127.0.0.1:${port}`);
  const administer = administerKafka(brokers);
  await administer(allowAll);
  return {
    brokers,
    logins: ports.map(({ secure }) => `127.0.0.1:${secure.sasl}`),
    shortLogins: ports.map(({ secure }) => `127.0.0.1:${secure.oauth}`),
    nodes,
    administer,
    findController: () => askForController(nodes),
    async moveLeaders(topics, shift) {
      await administer((admin) => rotateReplicas(admin, topics, shift));
      await electPreferredLeaders(listeners[0] ?? 0);
    },
    async awaitGone(topic, id) {
      for (const port of listeners) {
        for (let tries = 0; (await findTopicId(port, topic).catch(() => id)) === id; tries++) {
          if (tries === 600) throw new Error(`a broker keeps the deleted topic ${topic}`);
          await delay(50);
        }
      }
    },
    async awaitInSync(topics) {
      for (let tries = 0; tries < 300; tries++) {
        if (await administer((admin) => areReplicasInSync(admin, topics)).catch(() => false)) return;
        await delay(300);
      }
      throw new Error('the replicas do not get in sync');
    },
    stop: async () => void (await Promise.all(nodes.map((node) => node.kill()))),
  };
}

async function askForController(nodes: readonly Broker[]): Promise<Broker> {
  for (let tries = 0; tries < 100; tries++) {
    for (const { port } of nodes) {
      const id = await findController(port).catch(() => 0);
      const found = nodes.find((node) => node.id === id);
      if (found) return found;
    }
    await delay(100);
  }
  throw new Error('the cluster has no controller');
}
