import { type ChildProcess, fork } from 'node:child_process';
import type { GatewayLog } from '../../server/telemetry/log.js';
import type { ConfigSource } from '../../server/workers/messages.js';
import { Refused } from '../respond.js';
import type { FromHelper, TaskName, Tasks, ToHelper } from './messages.js';

/** Milliseconds without a task after which the process is ended; tasks at a time. */
const idleLimit = 60_000;
const mostTasks = 16;

export interface HelperOptions {
  readonly log: GatewayLog;
  /** The configuration that is in effect. */
  readonly source: () => ConfigSource;
  /** Megabytes that its heap may have. */
  readonly memory: number;
}

interface Waiting {
  readonly name: TaskName;
  readonly child: ChildProcess;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: ((value: unknown) => void) | undefined;
}

/**
 * A process beside the gateway for what a page of the inspector asks for: it reads topics, replays, tries rules. It is started when
 * there is something to do and ends when there is nothing, has its own bounds of memory, and yields the processor to the
 * gateway: webhooks must not notice that somebody looks.
 */
export class Helper {
  readonly #options: HelperOptions;
  readonly #waiting = new Map<number, Waiting>();
  #process: ChildProcess | undefined;
  #sent: ConfigSource | undefined;
  #tasks = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: HelperOptions) {
    this.#options = options;
  }

  /**
   * Rejects with a `Refused`. `limit`: milliseconds after which the process is ended, with all that it does. An aborted signal ends a replay
   * in good order.
   */
  run<Name extends TaskName>(
    name: Name,
    give: Tasks[Name]['give'],
    {
      limit,
      onProgress,
      signal,
    }: { readonly limit?: number; readonly onProgress?: (value: unknown) => void; readonly signal?: AbortSignal } = {},
  ): Promise<Tasks[Name]['get']> {
    if (this.#waiting.size >= mostTasks)
      return Promise.reject(new Refused(503, 'busy', 'too much is asked at a time: try again in a moment'));
    clearTimeout(this.#idle);
    const child = this.#start();
    const source = this.#options.source();
    if (source !== this.#sent) send(child, { kind: 'config', source });
    this.#sent = source;
    const id = ++this.#tasks;
    const result = new Promise<Tasks[Name]['get']>((resolve, reject) => {
      // What the other side of the pipe gives is of the type of its task: both are this program.
      this.#waiting.set(id, {
        name,
        child,
        resolve: (value) => resolve(value as Tasks[Name]['get']),
        reject,
        onProgress,
      });
    });
    send(child, { kind: 'task', id, name, give });
    const stop = () => send(child, { kind: 'stop', id });
    signal?.addEventListener('abort', stop, { once: true });
    const timer = limit === undefined ? undefined : setTimeout(() => this.#giveUp(id, limit), limit).unref();
    return result.finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      this.#rest();
    });
  }

  /** Ends the process once a replay that it does has come to the end of its batch. */
  close(): void {
    clearTimeout(this.#idle);
    if (this.#process?.connected) this.#process.disconnect();
    this.#process = undefined;
  }

  #start(): ChildProcess {
    if (this.#process !== undefined) return this.#process;
    const isSource = import.meta.url.endsWith('.ts');
    const file = new URL(`./process.${isSource ? 'ts' : 'js'}`, import.meta.url);
    const child = fork(file, [], {
      serialization: 'advanced',
      // A debugger's port is taken by the gateway.
      execArgv: [
        ...process.execArgv.filter((each) => !each.startsWith('--inspect')),
        `--max-old-space-size=${this.#options.memory}`,
      ],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#process = child;
    this.#sent = undefined;
    child.on('message', (message: FromHelper) => this.#hear(message));
    child.on('error', (error) => this.#ended(child, error.message));
    child.on('exit', (code, signal) => this.#ended(child, String(signal ?? code)));
    // It holds up nobody who wants to end.
    child.unref();
    child.channel?.unref();
    return child;
  }

  #hear(message: FromHelper): void {
    if (message.kind === 'ready') return;
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    if (message.kind === 'progress') {
      waiting.onProgress?.(message.value);
      return;
    }
    this.#waiting.delete(message.id);
    if (message.kind === 'done') waiting.resolve(message.value);
    else waiting.reject(this.#toError(waiting.name, message));
  }

  #toError(name: TaskName, { message, status, reason }: Extract<FromHelper, { kind: 'failed' }>): Refused {
    if (status !== undefined && reason !== undefined) return new Refused(status, reason, message);
    this.#options.log.write('error', 'bug', { during: `inspector: ${name}`, stack: message });
    return new Refused(500, 'unavailable', 'a bug: see the log of the gateway');
  }

  #giveUp(id: number, limit: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    waiting.reject(new Refused(503, 'unavailable', `it took longer than ${limit / 1_000} s, and was ended`));
    // Whoever asks next is not to wait for its end.
    if (this.#process === waiting.child) this.#process = undefined;
    waiting.child.kill('SIGKILL');
  }

  #ended(child: ChildProcess, how: string): void {
    if (this.#process === child) this.#process = undefined;
    const why = `the process that does this has ended (${how}): it may take too much memory`;
    for (const [id, waiting] of this.#waiting) {
      if (waiting.child !== child) continue;
      this.#waiting.delete(id);
      waiting.reject(new Refused(503, 'unavailable', why));
    }
  }

  #rest(): void {
    if (this.#waiting.size > 0) return;
    this.#idle = setTimeout(() => this.close(), idleLimit).unref();
  }
}

function send(child: ChildProcess, message: ToHelper): void {
  if (child.connected) child.send(message, () => undefined);
}
