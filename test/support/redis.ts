import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface RedisOptions {
  /** Arguments of redis-server beside those that every one gets, such as `--requirepass x`. */
  readonly args?: readonly string[];
  /** A Sentinel, which knows no primary yet. */
  readonly sentinel?: boolean;
  /** A loopback port beside the socket. */
  readonly port?: number;
}

/** A redis-server of our own in a temporary folder. It writes nothing to the disk: whoever restarts it has an empty one. */
export class TestRedis {
  readonly folder = mkdtempSync(join(tmpdir(), 'gateway-redis-'));
  readonly socket = join(this.folder, 'redis.sock');
  readonly #program: string;
  readonly #options: RedisOptions;
  #child: ChildProcess | undefined;

  static async start(program: string, options: RedisOptions = {}): Promise<TestRedis> {
    const redis = new TestRedis(program, options);
    await redis.start();
    return redis;
  }

  private constructor(program: string, options: RedisOptions) {
    this.#program = program;
    this.#options = options;
  }

  /** As `dedupe.redis.url` has it. */
  get url(): string {
    return this.#options.port === undefined ? `unix:${this.socket}` : `redis://127.0.0.1:${this.#options.port}`;
  }

  /** Empty, unless it comes from the disk. Resolves when it answers. */
  async start(): Promise<void> {
    const { port = 0, args = [], sentinel = false } = this.#options;
    // A Sentinel writes to its configuration.
    const file = join(this.folder, 'sentinel.conf');
    if (sentinel) writeFileSync(file, '');
    const own = [
      ...(sentinel ? [file, '--sentinel'] : []),
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--unixsocket',
      this.socket,
      '--dir',
      this.folder,
    ];
    const child = spawn(this.#program, [...own, ...(sentinel ? [] : ['--save', '', '--appendonly', 'no']), ...args], {
      stdio: 'ignore',
    });
    this.#child = child;
    // Whoever ends without waiting for anything leaves none behind.
    const end = () => child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    const until = performance.now() + 10_000;
    while ((await this.ask('PING').catch(() => '')) === '') {
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
      if (performance.now() > until) throw new Error('redis-server does not answer');
      await delay(10);
    }
  }

  /** Stops answering until `resume`. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** What it had is lost. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** What it answers to a command without spaces in its arguments, as the protocol has it. */
  async ask(...words: readonly string[]): Promise<string> {
    const socket = connect({ path: this.socket });
    try {
      socket.write(`${words.join(' ')}\r\n`);
      const [answer] = await once(socket, 'data', { signal: AbortSignal.timeout(2_000) });
      return String(answer).trim();
    } finally {
      socket.destroy();
    }
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
