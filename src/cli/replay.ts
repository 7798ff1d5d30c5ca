import { readdir } from 'node:fs/promises';
import type { GatewaySettings } from '../config/settings.js';
import type { Placement, Publisher } from '../core/model.js';
import type { Ledger } from '../dead-letters/ledger.js';
import type { DeadLetter } from '../dead-letters/letter.js';
import type { ReplayPorts, ReplayTally } from '../dead-letters/plan.js';
import { Failure } from '../exit.js';
import { Repeats } from '../server/telemetry/repeats.js';
import { realClock } from '../util/clock.js';
import type { Log } from '../util/log.js';
import { printable } from '../util/printable.js';
import { loadLetters, readLedger } from './dead-letters.js';

/** Milliseconds without an acknowledgement after which Kafka is taken for gone. */
const patience = 60_000;

export interface ReplayOptions {
  /** Which letters, of all that the topic has. */
  readonly choose: (ledger: Ledger) => readonly DeadLetter[];
  readonly signal: AbortSignal;
  readonly show: (tally: ReplayTally) => void;
}

/** Replays dead letters; one replay at a time for a topic. Throws a Failure where another is at work or Kafka is unavailable. */
export async function runReplay(
  settings: GatewaySettings,
  { choose, signal, show }: ReplayOptions,
): Promise<ReplayTally> {
  const { publisher: way, deadLetter, topics, limits } = settings;
  const [{ lockTopic }, { createDirectPublisher }, { replay }] = await Promise.all([
    import('../publish/topic-lock.js'),
    import('../publish/create.js'),
    import('../dead-letters/replay.js'),
  ]);
  const hold = await lockTopic(way, deadLetter.topic, 'replay', complain);
  if (hold === undefined) {
    throw new Failure('negative', `Another replay of ${deadLetter.topic} is at work: wait for its end`);
  }
  const direct = await createDirectPublisher(way, { topics, largest: limits.body, log: complain });
  const { publisher, stalled, stopWatch } = watchStall(direct);
  const memory = await openMemory(settings);
  try {
    const ledger = await readLedger(settings, { signal });
    const ports = await makePorts(settings, { publisher, dedupe: memory, held: hold.held, signal, show });
    return await replay(ledger, signal.aborted ? [] : choose(ledger), deadLetter.topic, ports);
  } catch (error) {
    if (!stalled()) throw error;
    throw new Failure(
      'unreachable',
      `No acknowledgement in ${patience / 1000} s. Run it again: it goes on where it was`,
    );
  } finally {
    stopWatch();
    await publisher.close();
    await memory?.close();
    await hold.release();
  }
}

type Given = Pick<ReplayPorts, 'publisher' | 'held' | 'signal' | 'show'> & {
  readonly dedupe: ReplayPorts['dedupe'] | undefined;
};

async function makePorts(settings: GatewaySettings, { dedupe, ...given }: Given): Promise<ReplayPorts> {
  const [{ createKeySource }, { readEnds, readTopics }] = await Promise.all([
    import('../server/keys/source.js'),
    import('../publish/read.js'),
  ]);
  return {
    ...given,
    ...(dedupe && { dedupe }),
    endpoints: settings.endpoints,
    keys: createKeySource(),
    once: settings.dedupe !== undefined,
    load: (letters) => loadLetters(settings, letters),
    ends: (topics) => readEnds(settings.publisher, topics),
    readFrom: (from) => readTopics(settings.publisher, [...from.keys()], { from, until: 'end' }),
    now: Date.now,
  };
}

/** The gateway's own, where this machine has it; it is not made again elsewhere. */
async function openMemory({ dedupe }: GatewaySettings) {
  if (dedupe === undefined) return undefined;
  const files = await readdir(dedupe.dir).catch(() => []);
  if (files.length === 0) return undefined;
  const [{ openDedupe }, { realClock }] = await Promise.all([
    import('../storage/dedupe/open.js'),
    import('../util/clock.js'),
  ]);
  return openDedupe(dedupe, { shared: true, clock: realClock, log: complain });
}

/** A publisher waits for Kafka forever; who sits before a terminal doesn't. */
function watchStall(publisher: Publisher<Placement>) {
  let waiting = 0;
  let last = performance.now();
  let stalled = false;
  const timer = setInterval(() => {
    if (waiting === 0 || performance.now() - last < patience) return;
    stalled = true;
    void publisher.close();
  }, 1_000);

  async function publish(record: Parameters<typeof publisher.publish>[0]): Promise<Placement> {
    if (waiting++ === 0) last = performance.now();
    try {
      const placement = await publisher.publish(record);
      last = performance.now();
      return placement;
    } finally {
      waiting--;
    }
  }

  const watched: Publisher<Placement> = {
    publish,
    ready: () => publisher.ready(),
    connected: () => publisher.connected(),
    close: () => publisher.close(),
  };
  return { publisher: watched, stalled: () => stalled, stopWatch: () => clearInterval(timer) };
}

const repeats = new Repeats((level, message, fields) => {
  if (level === 'warn' || level === 'error')
    process.stderr.write(`${printable(message)} ${printable(JSON.stringify(fields))}\n`);
}, realClock);

const complain: Log = (level, message, fields) => repeats.take(level, message, fields);

/** What `runReplay` would do, as far as it can be known without doing it. */
export async function dryRun(settings: GatewaySettings, { choose, signal, show }: ReplayOptions): Promise<ReplayTally> {
  const [{ planReplay }, { createKeySource }] = await Promise.all([
    import('../dead-letters/plan-replay.js'),
    import('../server/keys/source.js'),
  ]);
  const ledger = await readLedger(settings, { signal });
  const { endpoints, dedupe } = settings;
  const ports = { endpoints, keys: createKeySource(), once: dedupe !== undefined, signal, show };
  return planReplay(ledger, signal.aborted ? [] : choose(ledger), {
    ...ports,
    load: (letters) => loadLetters(settings, letters),
  });
}
