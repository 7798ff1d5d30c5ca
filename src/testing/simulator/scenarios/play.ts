import { setTimeout as sleep } from 'node:timers/promises';
import type { Endpoint, OutgoingRequest, Secret } from '../../../core/model.js';
import { parseDuration } from '../../../util/duration.js';
import { addressOf, makeRequest, newestSecrets, signRequest } from '../request.js';
import { NoAnswerError, type Sender, type SentAnswer } from '../sender.js';
import type { PlannedEvent } from './life.js';

/** What became of a planned event. */
export interface Played {
  readonly event: PlannedEvent;
  /** The bodies that were sent: one, unless the provider changes something in each attempt. */
  readonly request: OutgoingRequest;
  /** Milliseconds since the epoch: the first attempt, and the 200; absent where there was none. */
  readonly startedAt: number;
  readonly answeredAt?: number;
  readonly attempts: number;
  readonly answer?: SentAnswer;
}

export interface PlayOptions {
  /** The gateway's URL, or the whole address. */
  readonly base: string;
  readonly sender: Sender;
  /** How many times faster than the clock; Infinity: as fast as answers come. */
  readonly speed: number;
  /** How many events may be under way at once: of different lives. */
  readonly concurrency: number;
  /** The secret before the newest one signs what is due in the first half. */
  readonly rotate: boolean;
  /** Milliseconds for which an event is sent again until it has its 200. */
  readonly patience: number;
  readonly signal: AbortSignal;
  onPlayed(played: Played): void;
}

/** A provider's own schedule of retries is not known: like Stripe's in test mode, shortened. */
const unknownSchedule = ['1s', '5s', '30s', '5m', '1h'];
const shortestPause = 100;

/**
 * Sends the events when they are due, in their order; of one life, each after the one before it has its answer, as many lives
 * at once as may be under way. What gets no 2xx is sent again on the provider's own schedule. Resolves when all are over.
 */
export async function play(events: readonly PlannedEvent[], options: PlayOptions): Promise<void> {
  const { speed, concurrency, signal } = options;
  const started = performance.now();
  const half = (events.at(-1)?.at ?? 0) / 2;
  const lives = new Map<string, Promise<void>>();
  const underWay = new Set<Promise<void>>();
  for (const event of events) {
    if (signal.aborted) break;
    const wait = started + event.at / speed - performance.now();
    if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => undefined);
    while (underWay.size >= concurrency) await Promise.race(underWay);
    const before = lives.get(event.life) ?? Promise.resolve();
    const early = options.rotate && event.at < half;
    const sending = before.then(() => sendOne(event, early, options)).finally(() => underWay.delete(sending));
    lives.set(event.life, sending);
    underWay.add(sending);
  }
  await Promise.all(underWay);
}

async function sendOne(event: PlannedEvent, early: boolean, options: PlayOptions): Promise<void> {
  const { base, sender, signal, patience } = options;
  const { endpoint, message } = event;
  const unsigned = makeRequest(addressOf(endpoint, base), message);
  const startedAt = Date.now();
  let last: Pick<Played, 'request' | 'answer'> = { request: unsigned };
  for (let attempts = 1; ; attempts++) {
    if (signal.aborted) return;
    const request = signRequest(endpoint, secretOf(endpoint, early), unsigned, Date.now());
    const answer = await sender.send(request).catch((error: unknown) => {
      if (error instanceof NoAnswerError) return undefined;
      throw error;
    });
    last = { request, ...(answer !== undefined && { answer }) };
    const safe = answer !== undefined && answer.status >= 200 && answer.status < 300;
    // A 4xx is no accident: it would come again.
    const final = safe || (answer !== undefined && answer.status < 500 && answer.status !== 429);
    if (final || Date.now() - startedAt > patience) {
      options.onPlayed({ event, ...last, startedAt, attempts, ...(safe && { answeredAt: Date.now() }) });
      return;
    }
    await sleep(pauseAfter(event, attempts, options), undefined, { signal }).catch(() => undefined);
  }
}

function pauseAfter({ scenario }: PlannedEvent, attempts: number, { speed }: PlayOptions): number {
  const { schedule = unknownSchedule } = scenario.retries;
  const text = schedule[Math.min(attempts, schedule.length) - 1] ?? '1s';
  return Math.max(shortestPause, Math.min(parseDuration(text) / speed, 60_000));
}

/** The newest active secret; `early`: the one before it, if there is one. Throws an `Error` where none is active. */
function secretOf(endpoint: Endpoint, early: boolean): Secret {
  const [newest, before] = newestSecrets(endpoint, Date.now());
  const secret = (early ? before : undefined) ?? newest;
  if (secret === undefined) throw new Error(`No secret of endpoint "${endpoint.name}" is active now`);
  return secret;
}
