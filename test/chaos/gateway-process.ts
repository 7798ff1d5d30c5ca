import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

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

export interface GatewayOptions {
  /** Folder with the configuration; the log goes to `gateway.log` in it. */
  readonly dir: string;
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
  #pid = 0;
  #ended: Promise<string> = Promise.resolve('');
  #wanted = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /** Resolves when it runs, before it listens. */
  async start(): Promise<void> {
    const { dir, environment } = this.#options;
    const command = [process.execPath, binary, 'start', `${dir}/gateway.yaml`];
    this.incarnation++;
    const { GATEWAY_CONFIG: _, ...inherited } = process.env;
    const group = spawn('sh', ['-c', guard, 'sh', `${dir}/gateway.log`, ...command], {
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
    if (group?.pid === undefined || !this.#wanted) return;
    this.#wanted = false;
    process.kill(-group.pid, 'SIGKILL');
    if (group.exitCode === null && group.signalCode === null) await once(group, 'close');
  }

  /** A crash of one of its workers, if it has any: returns whether it had. */
  killWorker(index: number): boolean {
    const workers = listChildren(this.#pid);
    const worker = workers[index % workers.length];
    if (worker === undefined) return false;
    process.kill(worker, 'SIGKILL');
    return true;
  }

  /** SIGTERM; resolves with how it ended: `ended 0`. */
  async stop(): Promise<string> {
    if (!this.#wanted) return 'was not running';
    this.#wanted = false;
    process.kill(this.#pid, 'SIGTERM');
    return await this.#ended;
  }
}

function listChildren(parent: number): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).split('\n');
  return lines
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, ppid]) => (ppid === parent && pid !== undefined ? [pid] : []));
}
