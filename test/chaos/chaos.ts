import { setTimeout as delay } from 'node:timers/promises';
import { topics } from './events.js';
import { inflict } from './faults.js';
import { findAcknowledgement, type SentEvent } from './ledger.js';
import { awaitWritable } from './probe.js';
import { createRandom } from './random.js';
import { describeCounts, describeTimes, report, type Summary } from './report.js';
import { awaitDrained, awaitProgress, openScene, type Scene, type SceneOptions } from './scene.js';
import { describeFault, type Step } from './schedule.js';
import { within } from './wait.js';

export interface Run {
  readonly options: SceneOptions;
  readonly seed: number;
  /** How long it is to last, for the report. */
  readonly minutes: number;
  readonly say: (text: string) => void;
  /** What happens while events are sent; in the end all brokers and the gateway run. */
  readonly play: (scene: Scene) => Promise<void>;
}

/**
 * Plays, waits until everything is drained, and judges. Where something goes wrong, it is said, everything is set going
 * again, and the judgement comes all the same. The folder with the logs stays where a promise was broken.
 */
export async function runScene({
  options,
  seed,
  minutes,
  say,
  play,
}: Run): Promise<{ summary: Summary; kept: boolean }> {
  const scene = await within(300, 'the cluster and the gateway to start', openScene(options, say));
  let kept = false;
  try {
    scene.sender.start();
    await attempt(scene, 'the play', () => play(scene));
    await attempt(scene, 'the end of sending', () => within(90, 'the sender to stop', scene.sender.stop(60_000)));
    await attempt(scene, 'draining', async () => {
      const seconds = await within(900, 'the spool to be drained', awaitDrained(scene));
      say(`drained after ${seconds} s`);
    });
    for (const { gateway } of scene.sites) {
      await attempt(scene, 'SIGTERM', async () => say(`SIGTERM: ${await gateway.stop()}`));
    }
    const verdict = await report(scene, { seed, minutes });
    kept = verdict.kept;
    return verdict;
  } finally {
    if (!kept) say(`logs, data and configuration are in ${scene.root}`);
    await scene.close(!kept);
  }
}

type Healed = Pick<Scene, 'cluster' | 'sites' | 'troubles' | 'say'>;

/** Does it; what goes wrong is noted, and brokers and gateway are set going again. Says whether it went well. */
export async function attempt(scene: Healed, what: string, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
    const text = `${what}: ${error instanceof Error ? error.message : error}${cause}`;
    scene.troubles.push(text);
    scene.say(`TROUBLE: ${text}`);
    await heal(scene).catch((fault: unknown) => scene.say(`TROUBLE: not healed: ${fault}`));
    return false;
  }
}

async function heal({ cluster, sites }: Healed): Promise<void> {
  await Promise.all(cluster.nodes.map((node) => (node.running ? node.resume() : node.start())));
  for (const { gateway } of sites) {
    if (gateway.running) continue;
    await gateway.start();
    await gateway.awaitListening();
  }
}

/** Seconds that a step may take beyond its own; after so many that went wrong, no more are taken. */
export const stepLimit = 600;
export const mostTroubles = 3;

/** One fault after the other, as far as the minutes reach: on a busy machine what is healed takes longer. */
export function playSchedule(schedule: readonly Step[], minutes = Number.POSITIVE_INFINITY): Run['play'] {
  return async (scene) => {
    const end = performance.now() + minutes * 60_000;
    for (const [index, { pause, fault }] of schedule.entries()) {
      if (performance.now() >= end) break;
      await delay(pause * 1000);
      const name = `${index + 1}/${schedule.length} ${describeFault(fault)}`;
      scene.say(`${name} (${scene.sender.acknowledged} acknowledged)`);
      scene.inflicted.set(fault.kind, (scene.inflicted.get(fault.kind) ?? 0) + 1);
      await attempt(scene, name, () => within(stepLimit, 'the end of the fault', inflict(scene, fault)));
      if (scene.troubles.length >= mostTroubles) return;
    }
    await delay(3000);
  };
}

/** So many crashes at moments drawn from the seed, one in four while it starts; every now and then Kafka hangs meanwhile. */
export function playKills(seed: number, kills: number): Run['play'] {
  const random = createRandom(seed);
  return async (scene) => {
    const { nodes } = scene.cluster;
    for (let done = 0; done < kills; done++) {
      const hung = done % 10 === 5;
      if (hung) for (const node of nodes) node.pause();
      if (done % 10 === 8) for (const node of nodes) node.resume();
      if (random.integer(1, 4) > 1) await scene.gateway.awaitListening();
      await delay(random.integer(0, 1500));
      if (done % 10 === 0) scene.say(`kill ${done + 1}/${kills} (${scene.sender.acknowledged} acknowledged)`);
      await scene.gateway.kill();
      scene.crashes.push({ at: Date.now(), what: 'gateway' });
      scene.inflicted.set('kill-gateway', done + 1);
      await scene.gateway.start();
    }
    for (const node of nodes) node.resume();
    await scene.gateway.awaitListening();
    await scene.cluster.awaitInSync(topics);
    await awaitProgress(scene);
  };
}

/**
 * Kafka away for so many seconds. Times count from the moment at which an event was due, so that waiting in line shows;
 * those of the first ten seconds, in which the gateway finds out, are not among them.
 */
export function playOutage(seconds: number): Run['play'] {
  return async (scene) => {
    const { cluster, sender, say } = scene;
    await delay(5000);
    const begin = Date.now();
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    say(`Kafka is unavailable for ${seconds} s`);
    await delay(seconds * 1000);
    const end = Date.now();
    const writable = awaitWritable(cluster);
    await Promise.all(cluster.nodes.map((node) => node.start()));
    const back = Date.now();
    scene.outages.push({ begin, end, writableAt: await writable, how: 'kill', meanwhile: 'nothing' });
    await cluster.awaitInSync(topics);
    say(`Kafka is back; drained under load ${(Date.now() - back) / 1000 + (await awaitDrained(scene))} s later`);
    const during = sender.events.filter(({ dueAt }) => dueAt >= begin && dueAt < end);
    const settled = during.filter(({ dueAt }) => dueAt >= begin + 10_000);
    say(`${during.length} events meanwhile; answers: ${describeCounts(during)}`);
    say(`time from due to acknowledged after the first 10 s, ms: ${describeTimes(settled.map(waitOf))}`);
  };
}

function waitOf(event: SentEvent): number {
  return (findAcknowledgement(event)?.endedAt ?? Number.POSITIVE_INFINITY) - event.dueAt;
}
