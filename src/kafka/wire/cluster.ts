import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaSettings } from '../../config/settings.js';
import { parseHostPort } from '../../util/host-port.js';
import { nameCode } from '../codes.js';
import { type Address, nameAddress } from '../connection/address.js';
import type { Connection } from '../connection/connection.js';
import { describeFault, isAnswer } from '../faults.js';
import { BrokerConnection } from './broker-connection.js';

/** Milliseconds. A broker that has not answered is asked last for so long. */
const avoidance = 2_000;
const tooSilent = 500;
/** Until another link is tried again. */
const replacePause = 1_000;
/** Partitions have a leader that is not known, or none. */
const nobody = -1;

/** The brokers, who leads which partition, and a connection to each broker that is needed. */
export class Cluster {
  readonly #settings: KafkaSettings;
  readonly #bootstrap: readonly Address[];
  /** Some are being opened, some are lost. */
  readonly #links = new Map<string, BrokerConnection>();
  /** Those that will take the place of another. */
  readonly #replacing = new Map<string, BrokerConnection>();
  /** Address → when it failed. */
  readonly #avoided = new Map<string, number>();
  readonly #brokers = new Map<number, Address>();
  readonly #leaders = new Map<string, number[]>();
  readonly #topicIds = new Map<string, string | undefined>();
  #controller = nobody;
  #closed = false;

  constructor(settings: KafkaSettings) {
    this.#settings = settings;
    this.#bootstrap = settings.brokers.map(parseHostPort);
  }

  get topics(): readonly string[] {
    return [...this.#leaders.keys()];
  }

  /** Topics of which some partition has no leader, or none that is known. */
  get vagueTopics(): readonly string[] {
    return this.topics.filter((topic) => this.#leaders.get(topic)?.includes(nobody));
  }

  /** How many partitions the topic has, if it is known. */
  partitions(topic: string): number | undefined {
    return this.#leaders.get(topic)?.length;
  }

  /** Which broker has the partition, if it is known. */
  leader(topic: string, partition: number): number | undefined {
    const leader = this.#leaders.get(topic)?.[partition];
    return leader === nobody ? undefined : leader;
  }

  /** The id that tells the topic from any other, one of the same name included; undefined: it is not known. */
  topicId(topic: string): string | undefined {
    return this.#topicIds.get(topic);
  }

  /** The leader is another now, or it does not answer: `learn` finds out. */
  forgetLeader(topic: string, partition: number): void {
    const leaders = this.#leaders.get(topic);
    if (leaders !== undefined && partition < leaders.length) leaders[partition] = nobody;
  }

  /** Milliseconds for which the oldest request has waited. */
  get silence(): number {
    let longest = 0;
    for (const link of this.#links.values()) longest = Math.max(longest, link.silence);
    return longest;
  }

  /** Asks for the partitions of topics and their leaders; returns Kafka's error code of each topic that it can't describe. */
  async learn(topics: readonly string[]): Promise<Map<string, number>> {
    const answer = await this.ask((connection) => connection.describe(topics));
    this.#brokers.clear();
    for (const { nodeId, host, port } of answer.brokers) this.#brokers.set(nodeId, { host, port });
    this.#controller = answer.controllerId;
    const faults = new Map<string, number>();
    for (const { name, code, leaders, id } of answer.topics) {
      if (code === 0) this.#topicIds.set(name, id);
      if (code === 0) {
        const known = new Array<number>(leaders.length).fill(nobody);
        for (const [partition, leader] of leaders) known[partition] = leader;
        this.#leaders.set(name, known);
      } else {
        faults.set(name, code);
        if (nameCode(code) === 'UNKNOWN_TOPIC_OR_PARTITION') this.#leaders.delete(name);
        else this.#leaders.get(name)?.fill(nobody);
      }
    }
    return faults;
  }

  /** The connection to a broker, opened if need be. */
  link(node: number): BrokerConnection | Promise<BrokerConnection> {
    const address = this.#brokers.get(node);
    if (address === undefined) throw describeFault('BROKER_NOT_AVAILABLE', `broker ${node} is not in the cluster`);
    return this.#connect(address);
  }

  /** Asks any broker; another one if it does not answer. */
  async ask<Answer>(work: (connection: Connection) => Promise<Answer>): Promise<Answer> {
    let fault: unknown;
    for (const address of this.#listAddresses()) {
      try {
        const link = await this.#connect(address);
        return await link.ask(work);
      } catch (error) {
        if (isAnswer(error) || this.#closed) throw error;
        fault = error;
      }
    }
    throw fault;
  }

  /** Asks the one broker that changes topics, where there is only one. */
  async askController<Answer>(work: (connection: Connection) => Promise<Answer>): Promise<Answer> {
    const link = await this.link(this.#controller);
    return await link.ask(work);
  }

  /** Whatever is under way is rejected. */
  close(): void {
    this.#closed = true;
    for (const link of [...this.#links.values(), ...this.#replacing.values()]) link.close();
  }

  #connect(address: Address): BrokerConnection | Promise<BrokerConnection> {
    const key = nameAddress(address);
    let link = this.#links.get(key);
    if (link?.connected) {
      if (link.due) void this.#replace(key, address, link);
      return link;
    }
    if (this.#closed) throw describeFault('CLOSED', 'the gateway is stopping');
    if (!link?.alive) {
      link = new BrokerConnection(this.#settings, address);
      this.#links.set(key, link);
    }
    return this.#awaitOpen(key, link);
  }

  /** Opens another link before the session of this one ends, which serves until then. */
  async #replace(key: string, address: Address, old: BrokerConnection): Promise<void> {
    if (this.#replacing.has(key)) return;
    const next = new BrokerConnection(this.#settings, address);
    this.#replacing.set(key, next);
    try {
      await next.opened;
      if (this.#links.get(key) !== old || this.#closed) return next.close();
      this.#links.set(key, next);
      old.retire();
    } catch {
      // Asked for again when something is to be sent; when the old one has ended, its successor says what is wrong.
      await delay(replacePause, undefined, { ref: false });
    } finally {
      this.#replacing.delete(key);
    }
  }

  async #awaitOpen(key: string, link: BrokerConnection): Promise<BrokerConnection> {
    try {
      await link.opened;
      this.#avoided.delete(key);
      return link;
    } catch (error) {
      this.#avoided.set(key, performance.now());
      throw error;
    }
  }

  /** Each address once, those first that are most likely to answer. */
  #listAddresses(): readonly Address[] {
    const addresses = new Map<string, Address>();
    for (const address of [...this.#brokers.values(), ...this.#bootstrap]) addresses.set(nameAddress(address), address);
    const now = performance.now();
    const rank = ([key]: [string, Address]) => {
      const link = this.#links.get(key);
      if (link?.alive && link.silence < tooSilent) return 0;
      const failed = this.#avoided.get(key);
      return link?.alive || (failed !== undefined && now - failed < avoidance) ? 2 : 1;
    };
    const ranked = [...addresses].toSorted((a, b) => rank(a) - rank(b));
    return ranked.map(([, address]) => address);
  }
}
