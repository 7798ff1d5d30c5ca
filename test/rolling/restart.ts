import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Cli, makeDirectory } from '../e2e/cli.js';
import { configOf } from '../e2e/running.js';
import { postStripe, readIds, secret } from '../e2e/stripe.js';
import { findFreePorts } from '../support/kafka.js';
import { type ReadinessProxy, startProxy } from '../support/readiness-proxy.js';

export interface RollingOptions {
  readonly replicas: number;
  /** At least so many are sent, a hundred a second. */
  readonly requests: number;
  /** At least so many: one gateway after the other. */
  readonly restarts: number;
  readonly workers: number;
  /** Of `server.shutdownDelay`, in milliseconds; the proxy looks every second. */
  readonly shutdownDelay: number;
  readonly say: (line: string) => void;
}

export interface Rolled {
  readonly requests: number;
  readonly restarts: number;
  /** Requests that were not answered with 200. */
  readonly failed: number;
  /** Events that were answered with 200 and are in no log. */
  readonly lost: number;
  readonly faults: readonly string[];
}

const pollInterval = 1_000;
/** Milliseconds between two requests. */
const pace = 10;

/** Restarts gateways in turn behind a proxy that asks for `/ready`, while requests come in all the time. */
export async function rollOver(options: RollingOptions): Promise<Rolled> {
  const replicas = await Promise.all(Array.from({ length: options.replicas }, () => Replica.start(options)));
  const proxy = await startProxy(replicas, pollInterval);
  const load = new Load(proxy.url);
  try {
    let restarts = 0;
    for (; restarts < options.restarts || load.sent < options.requests; restarts++) {
      const index = restarts % replicas.length;
      await until(() => proxy.ready().length === replicas.length);
      const start = performance.now();
      await replicas[index]?.restart();
      options.say(`restarted replica ${index} in ${Math.round(performance.now() - start)} ms, ${load.sent} requests`);
    }
    await until(() => proxy.ready().length === replicas.length);
    await load.stop();
    const safe = new Set((await Promise.all(replicas.map((replica) => replica.stop()))).flat());
    const lost = load.acknowledged.filter((id) => !safe.has(id)).length;
    return { requests: load.sent, restarts, failed: load.failed, lost, faults: count(proxy) };
  } finally {
    await load.stop();
    proxy.close();
    for (const replica of replicas) replica.remove();
  }
}

function count({ faults }: ReadinessProxy): readonly string[] {
  const counts = new Map<string, number>();
  for (const fault of faults) counts.set(fault, (counts.get(fault) ?? 0) + 1);
  return [...counts].map(([fault, times]) => `${times} × ${fault}`);
}

/** A gateway on ports and in a folder that outlive its process. */
class Replica {
  readonly url: string;
  readonly adminUrl: string;
  readonly #directory: ReturnType<typeof makeDirectory>;
  #cli: Cli;

  private constructor(directory: ReturnType<typeof makeDirectory>, ports: readonly number[], cli: Cli) {
    this.url = `http://127.0.0.1:${ports[0]}`;
    this.adminUrl = `http://127.0.0.1:${ports[1]}`;
    this.#directory = directory;
    this.#cli = cli;
  }

  static async start({ workers, shutdownDelay }: RollingOptions): Promise<Replica> {
    const ports = await findFreePorts(2);
    const config = configOf(workers, `127.0.0.1:${ports[0]}`)
      .replace('admin: { listen: "127.0.0.1:0" }', `admin: { listen: "127.0.0.1:${ports[1]}" }`)
      .replace('shutdownDelay: 0s', `shutdownDelay: ${shutdownDelay}ms`);
    const directory = makeDirectory({ 'config/gateway.yaml': config, 'data/stripe.secret': secret });
    const replica = new Replica(directory, ports, run(directory.path));
    await replica.#listens();
    return replica;
  }

  async restart(): Promise<void> {
    await this.#end();
    this.#cli = run(this.#directory.path);
    await this.#listens();
  }

  /** Ends it; the ids of what it has published. */
  async stop(): Promise<readonly string[]> {
    await this.#end();
    return readIds(join(this.#directory.path, 'data/log'));
  }

  remove(): void {
    this.#cli.kill('SIGKILL');
    this.#directory.remove();
  }

  async #listens(): Promise<void> {
    await this.#cli.says(/^\{.*\}$/m);
  }

  async #end(): Promise<void> {
    this.#cli.kill('SIGTERM');
    const { code, stderr } = await this.#cli.ended();
    if (code !== 0) throw new Error(`a gateway ended with ${code}:\n${stderr}`);
  }
}

function run(directory: string): Cli {
  return new Cli(directory, ['start', '--json']);
}

/** An event every few milliseconds, whether the former ones are answered or not. */
class Load {
  sent = 0;
  failed = 0;
  readonly acknowledged: string[] = [];
  readonly #url: string;
  readonly #open = new Set<Promise<void>>();
  #timer: NodeJS.Timeout;

  constructor(url: string) {
    this.#url = url;
    this.#timer = setInterval(() => this.#send(), pace);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }

  #send(): void {
    const id = `evt_${this.sent++}`;
    const sending = postStripe(this.#url, id).then(
      (status) => {
        if (status === 200) this.acknowledged.push(id);
        else this.failed++;
      },
      () => {
        this.failed++;
      },
    );
    this.#open.add(sending);
    void sending.then(() => this.#open.delete(sending));
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(20);
}
