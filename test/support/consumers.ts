import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findLibs } from './kafka/libs.js';
import { findTool } from './tool.js';

const folder = fileURLToPath(new URL('../../docs/consumers/', import.meta.url));
const cache = fileURLToPath(new URL('../../.cache/consumers/', import.meta.url));
const goFolder = `${folder}go`;
/** No other toolchain is downloaded. */
const goEnvironment = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly' };

/** Files of docs/consumers by the language of their fence. */
export const consumerFiles = {
  js: `${folder}node/consumer.mjs`,
  python: `${folder}python/consumer.py`,
  java: `${folder}java/Consumer.java`,
  go: `${goFolder}/main.go`,
} as const;

/** What a consumer prints of an event. */
export interface Printed {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly key: string;
  readonly amount: number;
  readonly currency: string;
}

/** What runs a consumer; topics are further arguments. */
export type Command = readonly [program: string, ...args: string[]];

/** A consumer that runs. */
export class ConsumerProcess {
  readonly #process: ChildProcess;
  #out = '';
  #errors = '';
  #ended = false;

  constructor([program, ...args]: Command, brokers: readonly string[], group: string, topics: readonly string[]) {
    const env = { ...process.env, KAFKA_BOOTSTRAP_SERVERS: brokers.join(','), GROUP_ID: group };
    this.#process = spawn(program, [...args, ...topics], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process.stdout?.on('data', (data) => {
      this.#out += data;
    });
    this.#process.stderr?.on('data', (data) => {
      this.#errors += data;
    });
    this.#process.on('close', () => {
      this.#ended = true;
    });
  }

  /** Of complete lines. */
  get printed(): readonly Printed[] {
    const lines = this.#out.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  }

  /** Its standard error. */
  get errors(): string {
    return this.#errors;
  }

  /** True when all it wrote has been read, too. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Undefined where a signal ended it. */
  get exitCode(): number | undefined {
    return this.#process.exitCode ?? undefined;
  }

  /** Resolves when it has ended. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#ended) return;
    const closed = once(this.#process, 'close');
    this.#process.kill(signal);
    await closed;
  }
}

export const nodeConsumer: Command = [process.execPath, consumerFiles.js];

/** Undefined where no Python has the Kafka client; Debian's package is for Debian's own Python. */
export function findPythonConsumer(): Command | undefined {
  const python = ['python3', '/usr/bin/python3'].find(
    (program) => spawnSync(program, ['-c', 'import confluent_kafka']).status === 0,
  );
  return python === undefined ? undefined : [python, consumerFiles.python];
}

/** With the jars that the broker of the tests has. */
export async function prepareJavaConsumer(): Promise<Command> {
  const { jars } = await findLibs();
  return ['java', '-XX:TieredStopAtLevel=1', '-cp', `${jars}/*`, consumerFiles.java];
}

/** Why the Go consumer cannot be built here; undefined where it can. */
export function explainMissingGo(): string | undefined {
  if (findTool('go') === undefined) return 'go is not in the PATH';
  const options = { cwd: goFolder, env: goEnvironment, timeout: 20_000, encoding: 'utf8' } as const;
  const { status, stderr } = spawnSync('go', ['mod', 'download'], options);
  if (status === 0) return undefined;
  return `go mod download says: ${stderr.trim().split('\n').at(-1) || 'nothing in 20 s'}`;
}

/** Takes seconds, the first time up to a minute. */
export function buildGoConsumer(): Command {
  mkdirSync(cache, { recursive: true });
  execFileSync('go', ['build', '-o', `${cache}go-consumer`, '.'], { cwd: goFolder, env: goEnvironment, stdio: 'pipe' });
  return [`${cache}go-consumer`];
}
