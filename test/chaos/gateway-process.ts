import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { within } from './wait.js';

const binary = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/**
 * Runs the command after its own first argument (a log file) in a process group with itself, and says the command's
 * process id and how it ended. When standard input ends, so also when the harness is killed, all of the group is.
 */
const guard = `
exec 3<&0; log=$1; shift
"$@" </dev/null >>"$log" 2>&1 3<&- & pid=$!; echo $pid
{ read -r _; kill -9 0; } <&3 &
wait $pid; echo "ended $?"; kill -9 0`;

/** What makes a process see only itself and its children, as a container does. Only root may do it, and not everywhere. */
const ownPids = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];

export function canUnshare(): boolean {
  return spawnSync('unshare', [...ownPids.slice(1), 'true']).status === 0;
}

export interface GatewayOptions {
  /** Folder with the configuration `NAME.yaml`; the log goes to `NAME.log` in it. */
  readonly dir: string;
  /** Default: `gateway`. */
  readonly name?: string;
  /** It runs in a PID namespace of its own. */
  readonly contained?: boolean;
  /** `http://host:port`, where it listens. */
  readonly url: string;
  readonly environment: { readonly [name: string]: string };
}

/** The built gateway as a user runs it, again after each crash. */
export class GatewayProcess {
  /** How many times it was started. */
  incarnation = 0;
  /** What it said when it ended though nobody had asked for it. */
  readonly surprises: string[] = [];
  readonly #options: GatewayOptions;
  #group: ChildProcess | undefined;
  /** Of what was started; in a PID namespace, that is the parent of the gateway's process. */
  #pid = 0;
  #ended: Promise<string> = Promise.resolve('');
  #wanted = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  get running(): boolean {
    return this.#wanted;
  }

  get url(): string {
    return this.#options.url;
  }

  get #path(): string {
    const { dir, name = 'gateway' } = this.#options;
    return `${dir}/${name}`;
  }

  /** What it has logged since its first start. */
  readLog(): Promise<string> {
    return readFile(`${this.#path}.log`, 'utf8');
  }

  /** Resolves when it runs, before it listens. */
  async start(): Promise<void> {
    const { contained = false, environment } = this.#options;
    const command = [...(contained ? ownPids : []), process.execPath, binary, 'start', `${this.#path}.yaml`];
    this.incarnation++;
    const { GATEWAY_CONFIG: _, ...inherited } = process.env;
    const group = spawn('sh', ['-c', guard, 'sh', `${this.#path}.log`, ...command], {
      detached: true,
      env: { ...inherited, ...environment },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#group = group;
    const lines = createInterface({ input: group.stdout })[Symbol.asyncIterator]();
    this.#pid = Number((await lines.next()).value);
    this.#wanted = true;
    this.#ended = lines.next().then(({ value }) => this.#onEnd(String(value ?? '')));
  }

  #onEnd(text: string): string {
    if (this.#wanted) this.surprises.push(`start ${this.incarnation} ${text} at ${new Date().toISOString()}`);
    this.#wanted = false;
    return text;
  }

  /** Resolves when it answers; throws after so many milliseconds. */
  async awaitListening(limit = 60_000): Promise<void> {
    const end = Date.now() + limit;
    while (Date.now() < end) {
      const answer = await fetch(`${this.#options.url}/health`).catch(() => undefined);
      if (answer?.ok) return;
      await delay(50);
    }
    throw new Error('the gateway does not listen');
  }

  /** A crash of all its processes at once. */
  async kill(): Promise<void> {
    const group = this.#group;
    if (group?.pid === undefined || group.exitCode !== null || group.signalCode !== null) return;
    this.#wanted = false;
    process.kill(-group.pid, 'SIGKILL');
    await within(30, 'the killed gateway to be gone', once(group, 'close'));
  }

  /** Process ids of its workers, the oldest first. */
  workers(): readonly number[] {
    return this.#wanted ? listChildren(this.#primary()) : [];
  }

  /** The process that signals are for. */
  #primary(): number {
    return this.#options.contained ? (listChildren(this.#pid)[0] ?? this.#pid) : this.#pid;
  }

  /** Sends a signal to one of its workers, and returns its process id; undefined where it has none. */
  signalWorker(index: number, signal: NodeJS.Signals): number | undefined {
    const workers = this.workers();
    const worker = workers[index % workers.length];
    if (worker !== undefined) process.kill(worker, signal);
    return worker;
  }

  /** Sends a signal to all of its processes. */
  signalAll(signal: NodeJS.Signals): void {
    if (!this.#wanted) return;
    const primary = this.#primary();
    for (const pid of [primary, ...listChildren(primary)]) process.kill(pid, signal);
  }

  /** MiB that its processes have in memory together; what they share is counted for each. */
  measureMemory(): number {
    if (!this.#wanted) return 0;
    const own = listProcesses().filter(({ pid, parent }) => pid === this.#pid || parent === this.#pid);
    return own.reduce((sum, { kib }) => sum + kib, 0) / 1024;
  }

  /** SIGTERM; resolves with how it ended: `ended 0`. */
  async stop(): Promise<string> {
    if (!this.#wanted) return 'was not running';
    this.#wanted = false;
    process.kill(this.#primary(), 'SIGTERM');
    return await within(60, 'the gateway to end after SIGTERM', this.#ended);
  }

  /** For one that is to end by itself; resolves with how it did. */
  async awaitEnd(seconds: number): Promise<string> {
    this.#wanted = false;
    return await within(seconds, 'the gateway to end by itself', this.#ended);
  }
}

function listChildren(of: number): number[] {
  return listProcesses().flatMap(({ pid, parent }) => (parent === of ? [pid] : []));
}

function listProcesses(): { readonly pid: number; readonly parent: number; readonly kib: number }[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,rss='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [pid = 0, parent = 0, kib = 0] = line.trim().split(/\s+/).map(Number);
    return { pid, parent, kib };
  });
}
