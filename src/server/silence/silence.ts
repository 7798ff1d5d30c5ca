import type { Endpoint, Expectation } from '../../core/model.js';
import type { Files } from '../../storage/disk/files.js';
import type { Level } from '../telemetry/log.js';
import type { Reading } from '../telemetry/metrics.js';
import { read } from '../telemetry/observe.js';
import { limitOf, note } from './judge.js';
import { type Known, readState, type State, writeState } from './state.js';

export interface SilenceOptions {
  /** Where the times of the last events outlive the process; absent: nowhere. */
  readonly folder?: string | undefined;
  readonly files: Files;
  readonly log: (level: Level, message: string, fields: { readonly [name: string]: unknown }) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

type Named = Pick<Endpoint, 'name' | 'expect'>;

/**
 * Watches whether the events come that are expected (`expect` of an endpoint). It sees what all workers of a gateway have
 * measured together, says in the log when events stay away and when they come again, and remembers over a restart when the
 * last ones came.
 */
export class Silence {
  readonly #options: SilenceOptions;
  readonly #known: Map<string, Known>;
  /** What was seen since the start, of each the last event: before it the gateway may have been down. */
  readonly #seen = new Set<string>();
  readonly #overdue = new Set<string>();
  #changed = false;
  #failing = false;

  private constructor(state: State, options: SilenceOptions) {
    this.#known = new Map(state);
    this.#options = options;
  }

  /** Rejects with a `NewerFormatError`; what else is wrong with the file makes it begin again. */
  static async open(options: SilenceOptions): Promise<Silence> {
    const { folder, files, log } = options;
    if (folder === undefined) return new Silence(new Map(), options);
    try {
      return new Silence(await readState(files, folder), options);
    } catch (error) {
      if (error instanceof Error && error.name === 'NewerFormatError') throw error;
      log('warn', 'it is not known when the last events came', { folder, reason: String(error) });
      return new Silence(new Map(), options);
    }
  }

  /** Looks at what the workers have measured. The readings to be told beside theirs. */
  look(endpoints: readonly Named[], readings: readonly Reading[]): readonly Reading[] {
    const now = this.#options.now();
    const measured = readings.filter(({ metric }) => metric === 'gateway_expected_events_last_timestamp_seconds');
    return endpoints.flatMap(({ name, expect = [] }) =>
      expect.flatMap((expectation) => {
        const labels = { endpoint: name, events: expectation.events };
        const at = measured.find(({ labels: { endpoint, events } }) => endpoint === name && events === labels.events);
        return this.#judge(labels, expectation, at === undefined ? undefined : Math.round(at.value * 1000), now);
      }),
    );
  }

  /** Writes down what has changed; a disk that fails is logged, and tried again with the next change. */
  async save(): Promise<void> {
    const { folder, files, log } = this.#options;
    if (!this.#changed || folder === undefined) return;
    this.#changed = false;
    try {
      await writeState(files, folder, this.#known);
      this.#failing = false;
    } catch (error) {
      this.#changed = true;
      if (!this.#failing)
        log('warn', 'it cannot be written down when the last events came', { folder, reason: String(error) });
      this.#failing = true;
    }
  }

  #judge(
    labels: { readonly endpoint: string; readonly events: string },
    expectation: Expectation,
    at: number | undefined,
    now: number,
  ): readonly Reading[] {
    const key = `${labels.endpoint} ${labels.events}`;
    const before = this.#known.get(key) ?? { since: now, gaps: {} };
    const known = at === undefined ? before : note(before, expectation, at, this.#seen.has(key));
    if (at !== undefined) this.#seen.add(key);
    if (known !== this.#known.get(key)) this.#changed = true;
    this.#known.set(key, known);
    const { since, last = since } = known;
    const limit = limitOf(expectation, known, now);
    const isOverdue = limit !== undefined && now - last > limit;
    if (isOverdue !== this.#overdue.has(key)) this.#tell(key, isOverdue, labels, { last, limit, before, now });
    return [
      read('gateway_expected_events_last_timestamp_seconds', last / 1000, labels),
      read('gateway_expected_events_overdue', Number(isOverdue), labels),
      ...(limit === undefined ? [] : [read('gateway_expected_events_limit_seconds', limit / 1000, labels)]),
    ];
  }

  #tell(
    key: string,
    begins: boolean,
    labels: { readonly endpoint: string; readonly events: string },
    { last, limit = 0, before, now }: { last: number; limit: number | undefined; before: Known; now: number },
  ): void {
    const { log } = this.#options;
    if (begins) {
      this.#overdue.add(key);
      log('warn', 'expected events do not come', { ...labels, silent: seconds(now - last), limit: seconds(limit) });
    } else {
      this.#overdue.delete(key);
      log('info', 'expected events come again', { ...labels, silent: seconds(last - (before.last ?? before.since)) });
    }
  }
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 1000);
}
