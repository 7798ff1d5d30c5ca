import { setTimeout as delay } from 'node:timers/promises';
import { type BenchKafka, countEmbedded } from './broker.js';
import type { Contestant, Running } from './contestants.js';
import type { Load } from './launch.js';
import { findTree, readMemory, resetPeakMemory } from './process-tree.js';

/** Times in milliseconds, but for `cpuUs`: microseconds of CPU of the server's processes for each accepted webhook. */
export interface Figures {
  readonly cpuUs: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** MiB at the peak, all processes. */
  readonly rssMb: number;
  /** Answered with 200, the time to get warm included. */
  readonly accepted: number;
  /** Records that came to be meanwhile; absent where none are kept. */
  readonly inKafka?: number;
  readonly failed: { readonly [reason: string]: number };
  /** Fewer webhooks than were asked for before the window: its code may not have been compiled yet. */
  readonly cold: boolean;
}

export interface Windows {
  /** To get warm: so many webhooks, in `patience` milliseconds at the most. */
  readonly warm: number;
  readonly patience: number;
  /** Milliseconds. */
  readonly window: number;
  /** See `LoadJob`. */
  readonly rate?: number;
  readonly targets?: readonly string[];
  readonly idle?: number;
}

/** What the contestants meet. */
export interface Surroundings {
  readonly kafka: BenchKafka;
  readonly load: Load;
}

/** One window of load on a running server. */
export async function measure(
  { keeps }: Pick<Contestant, 'keeps'>,
  { server, data }: Running,
  connections: number,
  windows: Windows,
  { kafka, load }: Surroundings,
): Promise<Figures> {
  const pids = findTree(server.pid);
  const count = keeps === 'embedded' ? () => countEmbedded(`${data}/log`) : kafka.count;
  const before = await count();
  resetPeakMemory(pids);
  const result = await load.run({ url: server.said.url, pids, connections, ...windows });
  const rssMb = readMemory(pids);
  let inKafka = (await count()) - before;
  // What waits in the spool comes later.
  for (let tries = 0; keeps !== 'nothing' && inKafka < result.acceptedInAll && tries < 50; tries++) {
    await delay(100);
    inKafka = (await count()) - before;
  }
  const { accepted, seconds, cpuSeconds, p50, p99, p999, acceptedBefore, acceptedInAll, failed } = result;
  return {
    cpuUs: (cpuSeconds * 1e6) / accepted,
    perSecond: accepted / seconds,
    p50,
    p99,
    p999,
    rssMb,
    accepted: acceptedInAll,
    failed,
    cold: acceptedBefore < windows.warm,
    ...(keeps !== 'nothing' && { inKafka }),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
