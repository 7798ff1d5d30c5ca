import { setTimeout as delay } from 'node:timers/promises';
import { findFreePorts } from './kafka.js';
import { TestRedis } from './redis.js';

/** What the Sentinels call it. */
export const primaryName = 'mymaster';
/** Of three Sentinels two have to agree. */
const sentinelCount = 3;
const quorum = '2';
const limit = 60_000;
/** Milliseconds that a failover may take: on a busy machine a second is not enough, and then there is none. */
const failoverTime = '10000';

interface Node {
  readonly server: TestRedis;
  readonly port: number;
}

/** A primary, a replica of it, and three Sentinels that promote the replica when the primary is gone for longer than `downAfter`. */
export class RedisGroup {
  readonly #nodes: readonly Node[];
  readonly #sentinels: readonly Node[];

  /** `downAfter`: milliseconds. Resolves when both are in step and the Sentinels know all of it. */
  static async start(program: string, downAfter: number): Promise<RedisGroup> {
    const ports = await findFreePorts(2 + sentinelCount);
    const nodes: Node[] = [];
    const sentinels: Node[] = [];
    const group = new RedisGroup(nodes, sentinels);
    try {
      const [first = 0, second = 0, ...others] = ports;
      const args = ['--repl-diskless-sync-delay', '0'];
      nodes.push({ port: first, server: await TestRedis.start(program, { port: first, args }) });
      nodes.push({ port: second, server: await TestRedis.start(program, { port: second, args }) });
      await nodes[1]?.server.ask('REPLICAOF', '127.0.0.1', String(first));
      // A Sentinel looks for replicas at once, and then every ten seconds.
      await until('the replica to be in step', async () => (await group.#infoOf(nodes[0])).includes('state=online'));
      for (const port of others) {
        const server = await TestRedis.start(program, { port, sentinel: true });
        sentinels.push({ port, server });
        await server.ask('SENTINEL', 'MONITOR', primaryName, '127.0.0.1', String(first), quorum);
        await server.ask('SENTINEL', 'SET', primaryName, 'down-after-milliseconds', String(downAfter));
        await server.ask('SENTINEL', 'SET', primaryName, 'failover-timeout', failoverTime);
      }
      await group.awaitSteady();
      return group;
    } catch (error) {
      await group.stop();
      throw error;
    }
  }

  private constructor(nodes: readonly Node[], sentinels: readonly Node[]) {
    this.#nodes = nodes;
    this.#sentinels = sentinels;
  }

  /** The Sentinels, as `dedupe.redis.url` has them. */
  get urls(): readonly string[] {
    return this.#sentinels.map(({ server }) => server.url);
  }

  /** The one that most Sentinels call the primary. */
  async findPrimary(): Promise<TestRedis> {
    const ports = await this.#askForPort();
    const found = this.#nodes.find(({ port }) => 2 * ports.filter((each) => each === port).length > ports.length);
    if (found === undefined) throw new Error('the Sentinels do not agree on a primary');
    return found.server;
  }

  /** Resolves with the new primary when the Sentinels have promoted another server than this. */
  async awaitAnother(than: TestRedis): Promise<TestRedis> {
    let found = than;
    await until('another primary', async () => {
      found = await this.findPrimary();
      return found !== than;
    });
    return found;
  }

  /** After `kill`: empty, as the other one's replica. */
  async restart(server: TestRedis): Promise<void> {
    await server.start();
    const primary = this.#nodes.find((node) => node.server !== server);
    await server.ask('REPLICAOF', '127.0.0.1', String(primary?.port));
  }

  /** Has the Sentinels promote the replica, though the primary is well. */
  async failOver(): Promise<void> {
    await until('the Sentinels to begin a failover', async () => {
      const [sentinel] = this.#sentinels;
      return (await sentinel?.server.ask('SENTINEL', 'FAILOVER', primaryName))?.startsWith('+OK') === true;
    });
  }

  /** The first one of `urls`. */
  async killSentinel(): Promise<void> {
    await this.#sentinels[0]?.server.kill();
  }

  /** Resolves when one is the primary, the other its replica and in step, and each Sentinel knows of all. */
  async awaitSteady(): Promise<void> {
    await until('Redis to have a primary and a replica in step', async () => {
      const primary = await this.findPrimary();
      const replica = this.#nodes.find(({ server }) => server !== primary);
      const node = this.#nodes.find(({ server }) => server === primary);
      const [above, below] = await Promise.all([this.#infoOf(node), this.#infoOf(replica)]);
      const inStep = above.includes(`port=${replica?.port},state=online`) && below.includes('master_link_status:up');
      return inStep && (await this.#knowAll());
    });
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#nodes, ...this.#sentinels].map(({ server }) => server.stop()));
  }

  async #infoOf(node: Node | undefined): Promise<string> {
    return (await node?.server.ask('INFO', 'replication')) ?? '';
  }

  async #askForPort(): Promise<readonly number[]> {
    const answers = await Promise.all(
      this.#sentinels.map(({ server }) => server.ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', primaryName)),
    );
    return answers.map((answer) => Number(answer.split('\r\n').at(-1)));
  }

  async #knowAll(): Promise<boolean> {
    const [sentinel] = this.#sentinels;
    const checked = await sentinel?.server.ask('SENTINEL', 'CKQUORUM', primaryName);
    if (checked?.startsWith(`+OK ${sentinelCount} usable`) !== true) return false;
    const known = await Promise.all(
      this.#sentinels.map(({ server }) => server.ask('SENTINEL', 'REPLICAS', primaryName)),
    );
    return known.every((text) => text.includes('slave') && !/\b(?:s_down|disconnected)\b/.test(text));
  }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + limit;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > end) throw new Error(`waited ${limit / 1000} s for ${what}`);
    await delay(50);
  }
}
