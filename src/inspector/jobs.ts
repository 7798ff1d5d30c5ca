import { randomUUID } from 'node:crypto';
import { errorText } from '../util/errors.js';
import type { LetterChoice, LetterJob } from './contract.js';
import type { Helper } from './helper/helper.js';
import type { JobState } from './helper/messages.js';
import { Refused } from './respond.js';

/** Jobs that are remembered, the running ones among them. */
const mostJobs = 20;

const nothingYet: JobState = {
  selected: 0,
  done: 0,
  replayed: 0,
  published: 0,
  duplicates: 0,
  topics: {},
  failing: 0,
  changes: [],
};

interface Entry {
  job: LetterJob;
  readonly stop: AbortController;
}

/** Replays and dry runs of dead letters that pages have started. */
export class Jobs {
  readonly #helper: Pick<Helper, 'run'>;
  readonly #entries = new Map<string, Entry>();

  constructor(helper: Pick<Helper, 'run'>) {
    this.#helper = helper;
  }

  /** Throws a Refused where a replay is at work already. `ended`: is told what became of it, before anybody else. */
  start(
    kind: LetterJob['kind'],
    choice: LetterChoice,
    ended: (job: LetterJob) => unknown = () => undefined,
  ): LetterJob {
    const running = [...this.#entries.values()].filter(({ job: { state } }) => state === 'running');
    if (kind === 'replay' && running.some(({ job }) => job.kind === 'replay'))
      throw new Refused(409, 'busy', 'another replay is at work: wait for its end, or stop it');
    this.#forget();
    const startedAt = new Date().toISOString();
    const job: LetterJob = { job: randomUUID(), kind, state: 'running', startedAt, ...nothingYet };
    const entry: Entry = { job, stop: new AbortController() };
    this.#entries.set(job.job, entry);
    // A job may write nothing that is no state: its own helper is the other side.
    const onProgress = (value: unknown) => Object.assign(entry, { job: { ...entry.job, ...Object(value) } });
    void this.#run(entry, choice, onProgress, ended);
    return job;
  }

  /** Throws a Refused for one that is not known. */
  get(id: string): LetterJob {
    return this.#find(id).job;
  }

  stop(id: string): LetterJob {
    const { job, stop } = this.#find(id);
    stop.abort();
    return job;
  }

  async #run(
    entry: Entry,
    choice: LetterChoice,
    onProgress: (value: unknown) => void,
    ended: (job: LetterJob) => unknown,
  ): Promise<void> {
    const { signal } = entry.stop;
    const given = { choice, dry: entry.job.kind === 'dry-run' };
    const last = await this.#helper.run('replay', given, { onProgress, signal }).then(
      (state): LetterJob => ({ ...entry.job, ...state, state: signal.aborted ? 'stopped' : 'done' }),
      (error: unknown): LetterJob => {
        return { ...entry.job, state: 'failed', error: errorText(error) };
      },
    );
    // What fails here fails for whoever asks next, too.
    await Promise.resolve(ended(last)).catch(() => undefined);
    entry.job = last;
  }

  #find(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new Refused(404, 'not_found', 'there is no such job, or not any more');
    return entry;
  }

  /** The oldest that have ended make room. */
  #forget(): void {
    for (const [id, { job }] of this.#entries) {
      if (this.#entries.size < mostJobs) return;
      if (job.state !== 'running') this.#entries.delete(id);
    }
    if (this.#entries.size >= mostJobs)
      throw new Refused(503, 'busy', 'too many jobs are at work: wait for one to end');
  }
}
