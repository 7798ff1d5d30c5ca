import { setTimeout as delay } from 'node:timers/promises';
import type { TestKafka } from '../support/kafka.js';
import { TestRedis } from '../support/redis.js';
import { Fleet } from './fleet.js';
import { type Attempt, type Fault, judge, type Verdict } from './judge.js';
import { readLogs } from './logs.js';
import { readKafka } from './read.js';
import { type SendOptions, sendAll } from './sender.js';

/** What the proof breaks. */
export type Broken = 'kill' | 'redis' | 'kafka';

export interface ProofOptions extends Pick<SendOptions, 'events' | 'atOnce' | 'apart' | 'later'> {
  readonly replicas: number;
  /** Path of redis-server; absent: replicas share nothing. */
  readonly redisServer?: string;
  /** Absent: embedded logs. */
  readonly kafka?: TestKafka;
  /** What is broken now and then, in turn. */
  readonly faults: readonly Broken[];
  /** Milliseconds between two faults, and that Redis and Kafka are away. */
  readonly every: number;
  readonly away: number;
  readonly say?: (line: string) => void;
}

/** Sends, breaks, waits until all is in the topics, and judges. */
export async function proveReplicas(options: ProofOptions): Promise<Verdict> {
  const { replicas, redisServer, kafka, say = () => undefined } = options;
  const redis = redisServer === undefined ? undefined : await TestRedis.start(redisServer);
  const fleet = await Fleet.start({
    replicas,
    ...(redis !== undefined && { redis: redis.url }),
    ...(kafka !== undefined && { brokers: kafka.brokers }),
  });
  const stop = new AbortController();
  try {
    const breaking = breakAll(options, { fleet, redis }, stop.signal);
    const onEvent = (count: number) => {
      if (count % 2_000 === 0) say(`${count} of ${options.events} events have come twice to two replicas`);
    };
    const attempts: Attempt[] = [];
    const onAttempt = (attempt: Attempt) => void attempts.push(attempt);
    const { events, atOnce, apart, later } = options;
    await sendAll({ events, atOnce, apart, later, ready: () => fleet.ready(), onAttempt, onEvent });
    stop.abort();
    const faults = await breaking;
    await fleet.untilSent();
    await fleet.drain();
    const found = kafka === undefined ? await readLogs(fleet.logs) : await readKafka(kafka.brokers);
    const seen = kafka === undefined ? attempts.map(({ place: _, ...rest }) => rest) : attempts;
    return judge(seen, found, faults);
  } finally {
    stop.abort();
    await fleet.remove();
    await redis?.stop();
  }
}

interface Scene {
  readonly fleet: Fleet;
  readonly redis: TestRedis | undefined;
}

/** One fault after another until the signal; resolves when all is mended. */
async function breakAll(
  { faults, every, away, kafka, replicas }: ProofOptions,
  { fleet, redis }: Scene,
  signal: AbortSignal,
): Promise<readonly Fault[]> {
  const done: Fault[] = [];
  const wait = (milliseconds: number) => delay(milliseconds, undefined, { signal }).catch(() => undefined);
  const breakOnce: { readonly [kind in Broken]: (turn: number) => Promise<Pick<Fault, 'replica' | 'lost'>> } = {
    async kill(turn) {
      const replica = turn % replicas;
      await fleet.kill(replica);
      await fleet.start(replica);
      return { replica };
    },
    /** In turn: killed, and empty afterwards; silent. */
    async redis(turn) {
      if (turn % 2 === 0) await redis?.kill();
      else redis?.pause();
      await wait(away);
      if (turn % 2 === 0) await redis?.start();
      else redis?.resume();
      return { lost: turn % 2 === 0 };
    },
    async kafka() {
      await kafka?.own?.kill();
      await wait(away);
      await kafka?.own?.start();
      return {};
    },
  };
  for (let turn = 0; faults.length > 0; turn++) {
    await wait(every);
    if (signal.aborted) break;
    const kind = faults[turn % faults.length] ?? 'kill';
    const from = Date.now();
    const how = await breakOnce[kind](Math.floor(turn / faults.length));
    done.push({ kind, from, to: Date.now(), ...how });
  }
  return done;
}
