import { setTimeout as delay } from 'node:timers/promises';
import { attack } from './attack.js';
import { GatewayProcess } from './gateway.js';
import { type Finding, judge } from './judge.js';
import { Sampler } from './sampler.js';
import { makeScene } from './scene.js';
import type { Tally } from './tally.js';

export interface Siege {
  /** Package of the gateway, built. */
  readonly root: string;
  readonly requests: number;
  readonly seed: number;
  /** Names of plugins; empty: all. */
  readonly plugins: readonly string[];
  /** Where the files of the gateway go. */
  readonly parent: string;
  /** Ends it early; what was sent until then is judged. */
  readonly signal: AbortSignal;
  /** See `AttackOptions`. */
  readonly kinds: RegExp;
}

export interface Verdict {
  readonly tally: Tally;
  readonly findings: readonly Finding[];
  readonly seconds: number;
}

/** For sockets to be closed, and for slow ones to be given up. */
const settling = 1_500;

/** Attacks a gateway of its own and judges what came of it. */
export async function besiege({ root, requests, seed, plugins, parent, signal, kinds }: Siege): Promise<Verdict> {
  const scene = await makeScene(root, parent, plugins);
  const gateway = new GatewayProcess(root, scene.file, scene.folder);
  try {
    await gateway.ready();
    await delay(500);
    const files = gateway.files();
    const sampler = new Sampler(gateway);
    const start = performance.now();
    const tally = await attack({ gateway, targets: scene.targets, requests, seed, signal, kinds });
    const seconds = (performance.now() - start) / 1000;
    await delay(settling);
    const [metrics, status] =
      gateway.end === undefined ? await Promise.all([gateway.ask('/metrics'), gateway.ask('/status')]) : ['', ''];
    sampler.stop(gateway.files() - files);
    await gateway.stop();
    const findings = await judge({ scene, gateway, tally, sampler, minutes: seconds / 60, metrics, status });
    return { tally, findings, seconds };
  } finally {
    await gateway.stop();
    scene.remove();
  }
}

export function isBroken({ seen, most }: Finding): boolean {
  return seen > most;
}
