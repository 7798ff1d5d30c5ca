import { setTimeout as delay } from 'node:timers/promises';
import { haltBrokers } from './broker-faults.js';
import type { Scene } from './scene.js';
import type { Fault } from './schedule.js';
import { until } from './wait.js';

/** Seconds: a gateway waits 40 for the end of another one. */
const longestRefusal = 90;

/**
 * A second gateway on the same folders, which sees only itself and its children, as in a container of its own. It is refused, or
 * takes over when the first one ends, as in a rolling update, and hands over in turn. Kafka is unavailable meanwhile, so that the folder
 * holds something.
 */
export async function startSecond(scene: Scene, fault: Extract<Fault, { kind: 'second-gateway' }>): Promise<void> {
  const { gateway, second, sender, cluster } = scene;
  try {
    if (fault.fate === 'is-refused') await haltWhile(fault.hold, () => beRefused(scene));
    else await haltBrokers(cluster.nodes, () => takeOver(scene, fault.hold));
  } finally {
    await second.kill();
    sender.redirect(gateway.url);
  }

  async function haltWhile(seconds: number, work: () => Promise<void>): Promise<void> {
    await Promise.all([haltBrokers(cluster.nodes, () => delay(seconds * 1000)), work()]);
  }
}

async function beRefused({ second, say }: Scene): Promise<void> {
  const start = Date.now();
  await second.start();
  const end = await second.awaitEnd(longestRefusal);
  say(`the second gateway ${end} after ${(Date.now() - start) / 1000} s`);
  if (end !== 'ended 4') throw new Error(`a second gateway on the same folders ${end}`);
}

async function takeOver({ gateway, second, sender, stops, say }: Scene, hold: number): Promise<void> {
  await delay(hold * 500);
  for (const [from, to] of [
    [gateway, second],
    [second, gateway],
  ] as const) {
    const waiting = await countWaits(to.readLog());
    await to.start();
    await until(60, 'the gateway that came second to wait', async () => (await countWaits(to.readLog())) > waiting);
    const at = Date.now();
    const end = await from.stop();
    stops.push({ at });
    if (end !== 'ended 0') throw new Error(`SIGTERM while another gateway waits: ${end}`);
    await to.awaitListening();
    sender.redirect(to.url);
    say(`taken over ${(Date.now() - at) / 1000} s after SIGTERM`);
    await delay(hold * 250);
  }
}

async function countWaits(log: Promise<string>): Promise<number> {
  const text = await log.catch(() => '');
  return text.split('waiting for it to end').length;
}
