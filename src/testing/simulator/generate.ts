import { setTimeout as sleep } from 'node:timers/promises';
import type { OutgoingRequest } from '../../core/model.js';
import { NoAnswerError, type Sender } from './sender.js';
import type { SendTally } from './tally.js';

/** A load that doesn't wait for the gateway: requests are due at fixed times, whatever the answers take. */
export interface Load {
  /** Requests per second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly duration: number;
  /** How many requests may wait for their answer at once. */
  readonly concurrency: number;
  readonly next: () => OutgoingRequest;
  readonly sender: Sender;
  readonly tally: SendTally;
  /** Stops the run; the answers under way are still waited for. */
  readonly signal: AbortSignal;
}

/**
 * Sends at the rate for the duration, or until nothing answers from the beginning. A request that was held up
 * because `concurrency` others were under way is timed from the moment it was due: a gateway that can't keep up
 * shows in the percentiles. Returns how many requests were due and found no place before the end.
 */
export async function generate(load: Load): Promise<{ readonly unsent: number }> {
  const total = Math.max(1, Math.round((load.rate * load.duration) / 1000));
  const started = performance.now();
  const underWay = new Set<Promise<void>>();
  let freed = (): void => undefined;
  let heldUpUntil = 0;
  let begun = 0;
  const over = (): boolean => load.signal.aborted || load.tally.hopeless;
  while (begun < total && !over()) {
    const dueAt = started + (begun * 1000) / load.rate;
    await waitUntil(dueAt, load.signal);
    if (underWay.size >= load.concurrency) {
      await new Promise<void>((resolve) => {
        freed = resolve;
      });
      heldUpUntil = performance.now();
      if (heldUpUntil > started + load.duration) break;
    }
    if (over()) break;
    begun++;
    const sending = sendOne(load, load.next(), dueAt < heldUpUntil ? dueAt : performance.now()).finally(() => {
      underWay.delete(sending);
      freed();
    });
    underWay.add(sending);
  }
  await Promise.all(underWay);
  return { unsent: over() ? 0 : total - begun };
}

async function waitUntil(time: number, signal: AbortSignal): Promise<void> {
  const wait = time - performance.now();
  if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => undefined);
}

async function sendOne({ sender, tally }: Load, request: OutgoingRequest, from: number): Promise<void> {
  tally.begin();
  try {
    const answer = await sender.send(request);
    tally.answered(answer, performance.now() - from);
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error;
    tally.failed(error.reason);
  }
}
