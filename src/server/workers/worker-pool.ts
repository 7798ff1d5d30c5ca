import cluster, { type Worker } from 'node:cluster';
import { Failure } from '../../exit.js';
import type { WorkerAnswer, WorkerQuestion } from '../../inspector/questions.js';
import { Lanes } from '../../storage/spool/lanes.js';
import type { ToPeer } from '../../storage/spool/peers.js';
import type { Unready } from '../http/admin.js';
import type { GatewayLog } from '../telemetry/log.js';
import { isCount, mergeReadings, type Reading } from '../telemetry/metrics.js';
import { gather } from './gather.js';
import { heartbeat, type ToPrimary, type ToWorker } from './messages.js';

/** Milliseconds before a worker that has ended is replaced: at first, at the most, and how long one must have lived to start again. */
const firstPause = 100;
const longestPause = 5_000;
const longLife = 10_000;
/** Milliseconds that a worker has to say what it has measured. */
const answerLimit = 1_000;

/**
 * Milliseconds without a word after which a worker counts as hung: ten heartbeats. What waits for its event loop so long is
 * not coming back, and its clients have nothing from waiting.
 */
const silenceLimit = 10_000;

/** Milliseconds after which the records of a worker that cannot be replaced do not hold up those of the others any more. */
const absenceLimit = 30_000;

/** A place in the crew. It stays when the worker in it is replaced. */
interface Slot {
  readonly slot: number;
  worker: Worker | undefined;
  /** Tells this worker, and no other one that takes its place, of lanes. */
  tellPeer(message: ToPeer): void;
  url: string | undefined;
  unready: Unready | undefined;
  /** The last that the worker said. */
  readings: readonly Reading[];
  startedAt: number;
  /** When it was heard of last; absent before it has said anything. */
  heardAt: number | undefined;
  pause: number;
  timer: NodeJS.Timeout | undefined;
  /** Rings when it has been without a worker for too long. */
  absence: NodeJS.Timeout | undefined;
}

const atFirst: Pick<Slot, 'unready'> = { unready: 'no_worker' };

/** The workers of a primary: each has a slot, and is replaced in it when it ends. */
export class WorkerPool {
  readonly #posts: readonly Slot[];
  readonly #log: GatewayLog;
  readonly #instruct: (slot: number) => ToWorker;
  readonly #lanes: Lanes;
  #started: { resolve(url: string): void; reject(error: unknown): void } | undefined;
  #stopping = false;
  /** Workers that take no requests any more. */
  readonly #quiet = new Set<Worker>();
  /** What workers had counted that are no more: sums never go back. */
  #retired: readonly Reading[] = [];
  /** Questions that wait for their answer. */
  readonly #asked = new Map<number, (answer: WorkerAnswer | undefined) => void>();
  #questions = 0;
  #lookedAt = 0;
  #watch: NodeJS.Timeout | undefined;

  /** `instruct`: what a new worker of a slot is told first. */
  constructor(
    size: number,
    { log, instruct }: { readonly log: GatewayLog; readonly instruct: (slot: number) => ToWorker },
  ) {
    const idle = { worker: undefined, url: undefined, ...atFirst, readings: [], startedAt: 0, heardAt: undefined };
    const tellPeer = () => undefined;
    this.#posts = Array.from({ length: size }, (_, slot) => ({
      ...idle,
      tellPeer,
      pause: firstPause,
      slot,
      timer: undefined,
      absence: undefined,
    }));
    this.#lanes = new Lanes(size, (slot, message) => this.#posts[slot]?.tellPeer(message));
    this.#log = log;
    this.#instruct = instruct;
  }

  /** Resolves with the URL when all listen; rejects with the first one's fault. */
  start(): Promise<string> {
    // Records go from worker to worker, with their bytes and 64-bit offsets.
    cluster.setupPrimary({ serialization: 'advanced' });
    this.#lookedAt = performance.now();
    this.#watch = setInterval(() => this.#killHung(), heartbeat).unref();
    return new Promise((resolve, reject) => {
      this.#started = { resolve, reject };
      for (const post of this.#posts) this.#fork(post);
    });
  }

  /** How many of them take deliveries. */
  countReady(): number {
    return this.#stopping ? 0 : this.#posts.filter(({ unready }) => unready === undefined).length;
  }

  /** Why none of them does; absent: one does. */
  unready(): Unready | undefined {
    if (this.#stopping) return 'stopping';
    if (this.countReady() > 0) return undefined;
    return this.#posts.find(({ unready }) => unready !== 'no_worker')?.unready ?? 'no_worker';
  }

  /** What all of them have measured; of one that doesn't answer, what it said last. */
  async readings(): Promise<readonly Reading[]> {
    await Promise.all(
      this.#posts.map(({ worker }) => worker && answered(worker, { kind: 'measure' }, 'measured', answerLimit)),
    );
    return mergeReadings([this.#retired, ...this.#posts.map(({ readings }) => readings)]);
  }

  /** The answers of those that answer in time. `question`: for the worker of a slot. */
  async ask(question: (slot: number) => WorkerQuestion): Promise<readonly WorkerAnswer[]> {
    const answers = this.#posts.map(
      ({ worker, slot }) =>
        new Promise<WorkerAnswer | undefined>((resolve) => {
          if (worker === undefined) return resolve(undefined);
          const id = ++this.#questions;
          const timer = setTimeout(() => this.#answer(id, undefined), answerLimit);
          this.#asked.set(id, (answer) => {
            clearTimeout(timer);
            resolve(answer);
          });
          send(worker, { kind: 'ask', id, question: question(slot) });
        }),
    );
    return (await Promise.all(answers)).filter((answer) => answer !== undefined);
  }

  tell(message: ToWorker): void {
    for (const { worker } of this.#posts) send(worker, message);
  }

  /** Resolves when every worker has done it, or has ended: its replacement is instructed again. */
  async reload(message: ToWorker): Promise<void> {
    await Promise.all(this.#posts.map(({ worker }) => worker && answered(worker, message, 'reloaded')));
  }

  /** Lets them end in good order, see `Gateway.close`; kills those that have not after `limit` milliseconds. */
  async stop(delay: number, limit: number): Promise<void> {
    this.#stopping = true;
    const ends: Promise<unknown>[] = [];
    for (const { worker, timer, absence } of this.#posts) {
      clearTimeout(timer);
      clearTimeout(absence);
      if (worker === undefined) continue;
      ends.push(new Promise<void>((resolve) => worker.once('exit', () => resolve())));
      send(worker, { kind: 'stop', delay });
    }
    const timer = setTimeout(() => this.kill(), limit);
    await Promise.all(ends);
    clearTimeout(timer);
    clearInterval(this.#watch);
  }

  kill(): void {
    for (const { worker } of this.#posts) worker?.process.kill('SIGKILL');
  }

  #fork(post: Slot): void {
    const worker = cluster.fork();
    const tellPeer = gather<ToPeer>((messages) => send(worker, { kind: 'peers', messages }));
    Object.assign(post, {
      worker,
      tellPeer,
      ...atFirst,
      url: undefined,
      startedAt: performance.now(),
      heardAt: undefined,
    });
    worker.on('message', (message: ToPrimary) => this.#hear(post, worker, message));
    // Node.js wrote to a worker that had just ended; its end is what counts.
    worker.on('error', () => undefined);
    worker.on('exit', (code, signal) => {
      this.#replace(post, code, signal);
      this.#tellQuiet();
      this.#lanes.ended({ slot: post.slot, life: worker.id });
    });
  }

  /** A hung worker is killed, and then replaced like any that has ended; its connections go to the others. */
  #killHung(): void {
    const now = performance.now();
    const wasLate = now - this.#lookedAt > 2 * heartbeat;
    this.#lookedAt = now;
    for (const post of this.#posts) {
      if (post.worker === undefined || post.heardAt === undefined) continue;
      // If it was the primary that could not listen, nobody else is to blame.
      if (wasLate) post.heardAt = now;
      if (now - post.heardAt <= silenceLimit) continue;
      const { pid } = post.worker.process;
      this.#log.write('error', 'worker hangs, killing it', {
        worker: post.slot,
        workerPid: pid,
        silence: silenceLimit,
      });
      post.heardAt = undefined;
      post.worker.process.kill('SIGKILL');
    }
  }

  #hear(post: Slot, worker: Worker, message: ToPrimary): void {
    post.heardAt = performance.now();
    if (message.kind === 'waiting')
      send(worker, this.#stopping ? { kind: 'stop', delay: 0 } : this.#instruct(post.slot));
    if (message.kind === 'quiet') {
      this.#quiet.add(worker);
      this.#tellQuiet();
    }
    if (message.kind === 'answer') this.#answer(message.id, message.answer);
    if (message.kind === 'ready') post.unready = message.unready;
    if (message.kind === 'measured') post.readings = message.readings;
    // What a worker had said is read after its end, too.
    if (message.kind === 'peers' && post.worker === worker)
      for (const each of message.messages) this.#lanes.hear({ slot: post.slot, life: worker.id }, each);
    if (message.kind === 'failed') this.#fail(post, new Failure(message.reason, message.message));
    if (message.kind !== 'listening') return;
    post.url = message.url;
    clearTimeout(post.absence);
    post.absence = undefined;
    if (this.#posts.some(({ url }) => url === undefined)) return;
    this.#started?.resolve(message.url);
    this.#started = undefined;
  }

  #answer(id: number, answer: WorkerAnswer | undefined): void {
    this.#asked.get(id)?.(answer);
    this.#asked.delete(id);
  }

  #tellQuiet(): void {
    if (this.#stopping && this.#posts.every(({ worker }) => worker === undefined || this.#quiet.has(worker)))
      this.tell({ kind: 'quiet' });
  }

  #replace(post: Slot, code: number | null, signal: string | null): void {
    const lived = performance.now() - post.startedAt;
    post.worker = undefined;
    post.unready = 'no_worker';
    this.#retired = mergeReadings([this.#retired, post.readings.filter(isCount)]);
    post.readings = [];
    if (this.#stopping) return;
    this.#fail(post, new Failure('bug', `worker ${post.slot} ended before it listened (${signal ?? code})`));
    if (this.#stopping) return;
    if (lived > longLife) post.pause = firstPause;
    this.#log.write('error', 'worker ended, replacing it', { worker: post.slot, code, signal, pause: post.pause });
    post.timer = setTimeout(() => this.#fork(post), post.pause);
    post.absence ??= setTimeout(() => this.#lanes.lost(post.slot), absenceLimit).unref();
    post.pause = Math.min(post.pause * 2, longestPause);
  }

  /** At the start a worker's fault is the gateway's; later it is logged, and the worker is replaced. */
  #fail({ slot }: Slot, failure: Failure): void {
    if (this.#started) {
      this.#stopping = true;
      this.#started.reject(failure);
      this.#started = undefined;
    } else if (!this.#stopping && failure.reason !== 'bug') {
      this.#log.write('error', "worker can't start", { worker: slot, detail: failure.message });
    }
  }
}

function send(worker: Worker | undefined, message: ToWorker): void {
  if (worker?.isConnected()) worker.send(message, () => undefined);
}

/** Resolves when the worker has said so, has ended, or `limit` milliseconds are over. */
function answered(worker: Worker, message: ToWorker, answer: ToPrimary['kind'], limit?: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = limit === undefined ? undefined : setTimeout(end, limit);
    function hear({ kind }: ToPrimary): void {
      if (kind === answer) end();
    }
    function end(): void {
      clearTimeout(timer);
      worker.off('message', hear).off('exit', end);
      resolve();
    }
    worker.on('message', hear).on('exit', end);
    send(worker, message);
  });
}
