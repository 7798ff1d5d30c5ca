import { type LoadedConfig, loadConfig } from '../../config/load.js';
import type { GatewaySettings } from '../../config/settings.js';
import type { ConfigSource } from '../../server/workers/messages.js';
import { replayFiles } from '../../util/read-text.js';
import { Letters } from './letters.js';
import type { TaskName, Tasks } from './messages.js';

/** A configuration that a task works with. */
export type Config = LoadedConfig & { readonly settings: GatewaySettings };

/** What the gateway's helper does. Each kind of task is loaded when the first one comes. */
export class Work {
  readonly #tell: (id: number, value: unknown) => void;
  readonly #stops = new Map<number, AbortController>();
  readonly #running = new Set<Promise<unknown>>();
  #config: Promise<Config> | undefined;
  #letters: Letters | undefined;

  /** `tell`: how far a task is. */
  constructor(tell: (id: number, value: unknown) => void) {
    this.#tell = tell;
  }

  use({ file, now, snapshot }: ConfigSource): void {
    this.#letters = undefined;
    this.#config = loadConfig(file, process.env, now, replayFiles(snapshot)).then((loaded) => {
      const { settings } = loaded;
      if (settings === undefined)
        throw new Error('a configuration that was sound for the gateway is not so for its helper');
      return { ...loaded, settings };
    });
    this.#config.catch(() => undefined);
  }

  async run(id: number, name: TaskName, give: unknown): Promise<unknown> {
    const stop = new AbortController();
    this.#stops.set(id, stop);
    const running = this.#do(id, name, give, stop.signal);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#stops.delete(id);
      this.#running.delete(running);
    }
  }

  stop(id: number): void {
    this.#stops.get(id)?.abort();
  }

  /** Resolves when what must not be cut off has come to its end. */
  async end(): Promise<void> {
    for (const stop of this.#stops.values()) stop.abort();
    await Promise.allSettled(this.#running);
  }

  async #do(id: number, name: TaskName, give: unknown, signal: AbortSignal): Promise<unknown> {
    const config = await this.#config;
    if (config === undefined) throw new Error('a task came before the configuration');
    const tasks = this.#tasks(id, config, signal);
    // What the other side of the pipe gives is of the type of its task: both are this program.
    return (tasks[name] as (given: unknown) => Promise<unknown>)(give);
  }

  #tasks(
    id: number,
    config: Config,
    signal: AbortSignal,
  ): { readonly [Name in TaskName]: (give: Tasks[Name]['give']) => Promise<Tasks[Name]['get']> } {
    const { settings } = config;
    this.#letters ??= new Letters(settings);
    const letters = this.#letters;
    return {
      detail: async (give) => (await import('./detail.js')).describeDelivery(settings, letters, give),
      reveal: async (give) => (await import('./reveal.js')).reveal(settings, letters, give),
      groups: () => letters.groups(),
      letters: (give) => letters.list(give),
      replay: async (give) =>
        (await import('./replay.js')).replayLetters(settings, give, signal, (value) => this.#tell(id, value)),
      forget: async () => {
        letters.forget();
        return {};
      },
      dismiss: async (give) => (await import('./dismiss.js')).dismissLetters(settings, letters, give),
      describe: async () => (await import('./describe.js')).describeConfig(settings),
      providers: async () => (await import('./describe.js')).describeProviders(settings, config.plugins),
      lint: async () => (await import('./lint.js')).lintFile(settings.file),
      eval: async (give) => (await import('./evaluate.js')).evaluate(config, give),
    };
  }
}
