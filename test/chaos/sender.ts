import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'undici';
import { makeEvent, signEvent } from './events.js';
import { type Attempt, type SentEvent, taken } from './ledger.js';

/** Milliseconds. */
const patience = 30_000;
const firstPause = 100;
const longestPause = 1_000;

export interface SenderOptions {
  /** `http://host:port` of the gateway, and the path of the endpoint. */
  readonly origin: string;
  readonly path: string;
  /** Events per second, as long as the gateway keeps up. */
  readonly rate: number;
  readonly keys: number;
  /** Each key stays with one, so that it is known which of its events was accepted first. */
  readonly connections: number;
  /** How many times the gateway was started. */
  readonly incarnation: () => number;
}

/**
 * Sends as a payment provider does: the same event again until it is answered with 200, and only then the next one of its
 * key. Remembers all of it.
 */
export class Sender {
  readonly events: SentEvent[] = [];
  /** Seconds by which its clock is ahead. */
  skew = 0;
  acknowledged = 0;
  readonly #options: SenderOptions;
  readonly #stopping = new AbortController();
  readonly #givingUp = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #opened = 0;
  #origin: string;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#origin = options.origin;
    setMaxListeners(options.connections, this.#stopping.signal);
  }

  start(): void {
    const { connections } = this.#options;
    this.#running = Promise.all(Array.from({ length: connections }, (_, index) => this.#runConnection(index)));
  }

  /** From now on events go there: `http://host:port`. */
  redirect(origin: string): void {
    this.#origin = origin;
  }

  /** Makes no more events; resolves when those under way are acknowledged, or after so many milliseconds. */
  async stop(limit: number): Promise<void> {
    this.#stopping.abort();
    const timer = setTimeout(() => this.#givingUp.abort(), limit);
    await this.#running;
    clearTimeout(timer);
  }

  async #runConnection(index: number): Promise<void> {
    const { path, rate, keys, connections } = this.#options;
    const line = new Connection(
      () => this.#origin,
      () => ++this.#opened,
    );
    const own = Array.from({ length: keys }, (_, key) => key).filter((key) => key % connections === index);
    const interval = (connections / rate) * 1000;
    const start = Date.now() + (interval * index) / connections;
    for (let turn = 0; !this.#stopping.signal.aborted; turn++) {
      const dueAt = start + turn * interval;
      await delay(Math.max(0, dueAt - Date.now()), undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#stopping.signal.aborted) break;
      const keyNumber = own[turn % own.length] ?? 0;
      await this.#sendEvent(keyNumber, 1 + Math.floor(turn / own.length), dueAt, (headers, body) =>
        attempt(line.client, path, headers, body, () => ({
          incarnation: this.#options.incarnation(),
          connection: line.number,
        })),
      );
    }
    await line.client.destroy();
  }

  async #sendEvent(
    keyNumber: number,
    seq: number,
    dueAt: number,
    send: (headers: { readonly [name: string]: string }, body: string) => Promise<Attempt>,
  ): Promise<void> {
    const key = `pi_chaos_${keyNumber}`;
    const { body, ...made } = makeEvent(key, keyNumber, seq);
    const event: SentEvent = { ...made, key, seq, dueAt, attempts: [] };
    this.events.push(event);
    for (let pause = firstPause; !this.#givingUp.signal.aborted; pause = Math.min(pause * 2, longestPause)) {
      const tried = await send(signEvent(body, this.skew), body);
      event.attempts.push(tried);
      if (taken.has(tried.result)) {
        this.acknowledged++;
        return;
      }
      await delay(pause);
    }
  }
}

/** One at a time; opened again where it was lost, or where events go to another gateway now. */
class Connection {
  /** Of all that were ever opened. */
  number = 0;
  readonly #origin: () => string;
  readonly #count: () => number;
  #open: { readonly client: Client; readonly origin: string } | undefined;

  constructor(origin: () => string, count: () => number) {
    this.#origin = origin;
    this.#count = count;
  }

  get client(): Client {
    const origin = this.#origin();
    if (this.#open?.origin === origin) return this.#open.client;
    void this.#open?.client.close();
    const client = new Client(origin, { connectTimeout: 5_000, headersTimeout: patience, bodyTimeout: patience });
    client.on('connect', () => {
      this.number = this.#count();
    });
    this.#open = { client, origin };
    return client;
  }
}

async function attempt(
  client: Client,
  path: string,
  headers: { readonly [name: string]: string },
  body: string,
  where: () => Pick<Attempt, 'incarnation' | 'connection'>,
): Promise<Attempt> {
  const startedAt = Date.now();
  const { incarnation } = where();
  const result = await post(client, path, headers, body);
  return { startedAt, endedAt: Date.now(), result, incarnation, connection: where().connection };
}

/** The `status` that the gateway's 200 has in its body, another HTTP status, or the code of the error. */
async function post(
  client: Client,
  path: string,
  headers: { readonly [name: string]: string },
  body: string,
): Promise<string> {
  try {
    const response = await client.request({ method: 'POST', path, headers, body });
    const text = await response.body.text();
    if (response.statusCode !== 200) return String(response.statusCode);
    const { status }: { status?: unknown } = JSON.parse(text);
    return String(status);
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}
