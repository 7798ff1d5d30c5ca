import { setTimeout as delay } from 'node:timers/promises';
import type { Run } from './chaos.js';
import { createRandom } from './random.js';
import type { Scene } from './scene.js';
import { until, within } from './wait.js';

/**
 * Two gateways behind a proxy, restarted in turn for so many minutes; during one restart in three Kafka is unavailable. Every request must
 * get its 200.
 */
export function playRolling(seed: number, minutes: number): Run['play'] {
  const random = createRandom(seed);
  return async (scene) => {
    const end = performance.now() + minutes * 60_000;
    for (let turn = 0; performance.now() < end; turn++) {
      await delay(random.integer(0, 3_000));
      const index = turn % scene.sites.length;
      const away = random.integer(1, 3) === 1;
      scene.say(`restart ${turn + 1}${away ? ' without Kafka' : ''} (${scene.sender.acknowledged} acknowledged)`);
      await within(120, 'a restart behind the proxy', restart(scene, index, away));
    }
  };
}

async function restart(scene: Scene, index: number, away: boolean): Promise<void> {
  const { sites, proxy, cluster, stops, inflicted } = scene;
  const gateway = sites[index]?.gateway;
  if (gateway === undefined || proxy === undefined)
    throw new Error('rolling restarts need two gateways behind a proxy');
  const areReady = () => proxy.ready().length === sites.length;
  await until(60, 'both gateways to be ready', areReady, 20);
  if (away) for (const node of cluster.nodes) node.pause();
  try {
    // The first webhooks find out that Kafka is unavailable.
    if (away) await delay(3_000);
    const ended = await gateway.stop();
    stops.push({ at: Date.now() });
    if (ended !== 'ended 0') throw new Error(`SIGTERM behind the proxy: ${ended}`);
    await gateway.start();
    await until(60, 'the restarted gateway to be ready', areReady, 20);
  } finally {
    if (away) for (const node of cluster.nodes) node.resume();
  }
  const kind = away ? 'restart-without-kafka' : 'restart';
  inflicted.set(kind, (inflicted.get(kind) ?? 0) + 1);
}
