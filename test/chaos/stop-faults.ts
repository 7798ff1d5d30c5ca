import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { haltBrokers, sufferOutage } from './broker-faults.js';
import { crash } from './gateway-faults.js';
import type { Scene } from './scene.js';
import type { Fault } from './schedule.js';
import { until } from './wait.js';

/** SIGTERM and a start while Kafka is unavailable; with another Kafka library, too. */
export function stopInOutage(scene: Scene, { how, hold }: Extract<Fault, { kind: 'stop-in-outage' }>) {
  return sufferOutage(scene, { how, hold, meanwhile: 'stop' }, () => restart(scene));
}

/** SIGTERM and a start, as for an update. */
export async function restart(scene: Scene): Promise<void> {
  const { gateway, stops, say } = scene;
  const at = Date.now();
  const end = await gateway.stop();
  stops.push({ at });
  say(`SIGTERM: ${end} after ${(Date.now() - at) / 1000} s`);
  if (end !== 'ended 0') throw new Error(`after SIGTERM the gateway ${end}`);
  await gateway.start();
  await gateway.awaitListening();
}

/** So many outages, each with a kill -9 in the moment in which the first spooled records are acknowledged. */
export async function killInDrain(
  scene: Scene,
  { what, kills, hold }: Extract<Fault, { kind: 'kill-in-drain' }>,
): Promise<void> {
  for (let done = 0; done < kills; done++) {
    let drains = async (): Promise<boolean> => false;
    await haltBrokers(scene.cluster.nodes, async () => {
      await delay(hold * 1000);
      drains = await watchNotes(scene.spool);
    });
    await until(60, 'the spool to be drained', () => drains(), 1);
    await crash(scene, what, done);
  }
}

/** Whether more is noted as acknowledged than at the time of the call: the notes have grown, or are gone. */
export async function watchNotes(folder: string): Promise<() => Promise<boolean>> {
  const names = await readdir(folder, { recursive: true });
  const files = names.filter((name) => name.endsWith('.acked')).map((name) => join(folder, name));
  const measure = () =>
    files.map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0).reduce((sum, size) => sum + size, 0);
  const before = measure();
  return async () => measure() !== before;
}
