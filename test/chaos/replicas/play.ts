import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Verdict } from '../../replicas/judge.js';
import { attempt, mostTroubles, stepLimit } from '../chaos.js';
import { awaitDrained } from '../scene.js';
import { describeFault, type Step } from '../schedule.js';
import { within } from '../wait.js';
import { inflict } from './faults.js';
import { openReplicas, type ReplicaOptions, type ReplicaScene } from './scene.js';
import type { ReplicaFault } from './schedule.js';

export interface ReplicaRun {
  readonly options: ReplicaOptions;
  readonly seed: number;
  readonly minutes: number;
  readonly schedule: readonly Step<ReplicaFault>[];
  readonly say: (text: string) => void;
}

/** The last line of a run. */
export interface ReplicaSummary extends Verdict {
  readonly seed: number;
  readonly minutes: number;
  readonly replicas: number;
  /** How many there were of each kind. */
  readonly faults: { readonly [kind: string]: number };
  /** Steps that went wrong, and gateways that ended though nobody had asked for it. */
  readonly troubles: number;
}

const checker = fileURLToPath(new URL('../../replicas/check.ts', import.meta.url));

/** Plays, waits until everything is drained, and has the checker judge. `kept`: no promise was broken; else the folder stays. */
export async function runReplicas(
  run: ReplicaRun,
): Promise<{ readonly summary: ReplicaSummary; readonly kept: boolean }> {
  const { options, say } = run;
  const scene = await within(300, 'the cluster and the gateways to start', openReplicas(options, say));
  let kept = false;
  try {
    scene.start();
    await play(scene, run);
    await attempt(scene, 'the end of sending', () => within(180, 'all events to come again', scene.stop()));
    await attempt(scene, 'draining', () => within(600, 'the spools to be drained', awaitDrained(scene)));
    for (const { gateway } of scene.sites) {
      await attempt(scene, 'SIGTERM', async () => say(`SIGTERM: ${await gateway.stop()}`));
    }
    const summary = await judge(scene, run);
    kept = isKept(summary);
    return { summary, kept };
  } finally {
    if (!kept) say(`logs, data, answers and configuration are in ${scene.root}`);
    await scene.close(!kept);
  }
}

async function play(scene: ReplicaScene, { schedule, minutes, say }: ReplicaRun): Promise<void> {
  const end = performance.now() + minutes * 60_000;
  for (const [index, { pause, fault }] of schedule.entries()) {
    if (performance.now() >= end || scene.troubles.length >= mostTroubles) return;
    await delay(pause * 1000);
    const name = `${index + 1}/${schedule.length} ${describeFault(fault)}`;
    say(`${name} (${scene.acknowledged()} answered with 200)`);
    scene.inflicted.set(fault.kind, (scene.inflicted.get(fault.kind) ?? 0) + 1);
    await attempt(scene, name, () => within(stepLimit, 'the end of the fault', inflict(scene, fault)));
  }
}

async function judge(scene: ReplicaScene, { seed, minutes }: ReplicaRun): Promise<ReplicaSummary> {
  const { root, cluster, sites, faults, troubles, inflicted, say } = scene;
  await writeFile(join(root, 'faults.jsonl'), faults.map((fault) => `${JSON.stringify(fault)}\n`).join(''));
  const command = ['--import', 'tsx/esm', checker, root, cluster.brokers.join(',')];
  const { stdout } = await promisify(execFile)(process.execPath, command, { maxBuffer: 2 ** 24, timeout: 900_000 });
  const verdict: Verdict = JSON.parse(stdout);
  for (const line of verdict.wrong) say(line);
  const surprises = sites.flatMap(({ gateway }) => gateway.surprises);
  for (const surprise of surprises) say(`UNASKED: a gateway ended: ${surprise}`);
  return {
    seed,
    minutes,
    replicas: sites.length,
    faults: Object.fromEntries(inflicted),
    ...verdict,
    troubles: troubles.length + surprises.length,
  };
}

function isKept({ missing, unexplained, misplaced, outOfOrder, refused, troubles }: ReplicaSummary): boolean {
  return missing + unexplained + misplaced + outOfOrder + refused + troubles === 0;
}
