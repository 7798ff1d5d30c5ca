import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { Cli, makeDirectory, plugins } from '../e2e/cli.js';
import { secret } from '../e2e/stripe.js';
import type { Target } from './sender.js';

export interface FleetOptions {
  readonly replicas: number;
  /** `dedupe.redis.url`; absent: each replica for itself. */
  readonly redis?: string;
  /** Absent: each has an embedded log. */
  readonly brokers?: readonly string[];
}

/** Built gateways with a disk each. */
export class Fleet {
  readonly #directory: ReturnType<typeof makeDirectory>;
  readonly #processes: Cli[] = [];
  /** Base URLs; undefined while one is away. */
  readonly urls: (string | undefined)[] = [];

  static async start(options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(options);
    await Promise.all(Array.from({ length: options.replicas }, (_, replica) => fleet.start(replica)));
    return fleet;
  }

  private constructor(options: FleetOptions) {
    const numbers = Array.from({ length: options.replicas }, (_, replica) => replica);
    this.#directory = makeDirectory(Object.fromEntries(numbers.map((replica) => [`${replica}/gateway.yaml`, ''])));
    for (const replica of numbers) {
      const file = join(this.#directory.path, String(replica), 'gateway.yaml');
      writeFileSync(file, configure(options, this.#socket(replica)));
    }
  }

  /** Those that are there, as their load balancer knows. */
  ready(): readonly Target[] {
    return this.urls.flatMap((url, replica) => (url === undefined ? [] : [{ url, replica }]));
  }

  /** Folder of the embedded log of each. */
  get logs(): readonly string[] {
    return this.urls.map((_, replica) => join(this.#directory.path, String(replica), 'log'));
  }

  async start(replica: number): Promise<void> {
    const cwd = join(this.#directory.path, String(replica));
    const cli = new Cli(cwd, ['start', join(cwd, 'gateway.yaml')], { STRIPE: secret });
    this.#processes[replica] = cli;
    const [, url] = await cli.says(/"url":"([^"]+)"/);
    this.urls[replica] = url;
  }

  async kill(replica: number): Promise<void> {
    this.urls[replica] = undefined;
    this.#processes[replica]?.kill('SIGKILL');
    await this.#processes[replica]?.ended();
  }

  /** Resolves when nothing waits in a spool; every replica must be there. */
  async untilSent(): Promise<void> {
    for (const replica of this.urls.keys()) {
      while ((await this.#countUnsent(replica)) > 0) await delay(200);
    }
  }

  async #countUnsent(replica: number): Promise<number> {
    const agent = new Agent({ connect: { socketPath: this.#socket(replica) } });
    try {
      const answer = await request('http://localhost/status', { dispatcher: agent });
      const text = await answer.body.text();
      return [...text.matchAll(/"records":(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
    } finally {
      await agent.close();
    }
  }

  #socket(replica: number): string {
    return join(this.#directory.path, String(replica), 'admin.sock');
  }

  /** Lets them finish what they have. */
  async drain(): Promise<void> {
    for (const each of this.#processes) each.kill('SIGTERM');
    await Promise.all(this.#processes.map((each) => each.ended()));
  }

  async remove(): Promise<void> {
    for (const each of this.#processes) each.kill('SIGKILL');
    await Promise.all(this.#processes.map((each) => each.ended()));
    this.#directory.remove();
  }
}

function configure({ redis, brokers }: FleetOptions, socket: string): string {
  const store =
    brokers === undefined
      ? 'embedded: { dir: log }'
      : `kafka: { brokers: "${brokers.join(',')}" }\nspool: { dir: spool }`;
  const shared = redis === undefined ? '' : `, redis: { url: "${redis}" }`;
  return `version: 1
server: { listen: "127.0.0.1:0", shutdownDelay: 0s, drain: 10s }
admin: { listen: "unix:${socket}" }
plugins: ${plugins}
${store}
dedupe: { dir: dedupe${shared} }
endpoints:
  - provider: stripe
    path: /webhooks/stripe
    secrets: [{ name: current, env: STRIPE }]
`;
}
