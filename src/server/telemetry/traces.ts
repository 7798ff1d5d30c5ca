import type { TracingSettings } from '../../config/settings.js';
import type { Reading } from './metrics.js';
import type { Tracing, TracingOptions } from './tracing.js';

/** Tracing as the configuration has it at the moment. Where it has none, nothing of it is loaded. */
export class Traces {
  /** Absent: no spans are made. */
  current: Tracing | undefined;
  readonly #options: TracingOptions;
  /** One change after another. */
  #changing: Promise<void> = Promise.resolve();

  constructor(options: TracingOptions) {
    this.#options = options;
  }

  /** Absent settings end it; what waits then is sent within `patience` milliseconds. */
  adapt(settings: TracingSettings | undefined, patience: number): Promise<void> {
    this.#changing = this.#changing.then(() => this.#change(settings, patience));
    return this.#changing;
  }

  readings(): readonly Reading[] {
    return this.current?.readings() ?? [];
  }

  async close(patience: number): Promise<void> {
    await this.#changing;
    await this.current?.close(patience);
  }

  async #change(settings: TracingSettings | undefined, patience: number): Promise<void> {
    const before = this.current;
    if (settings === undefined) {
      this.current = undefined;
      await before?.close(patience);
      return;
    }
    if (before === undefined) {
      const { Tracing } = await import('./tracing.js');
      this.current = new Tracing(settings, this.#options);
    } else {
      before.adapt(settings);
    }
    const { host } = new URL(settings.url);
    this.#options.log('info', 'traces are exported', { host, sampling: settings.sampling });
  }
}
