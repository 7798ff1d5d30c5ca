import { Keeper } from '../../src/storage/disk/keeper.js';
import { Journal } from '../../src/storage/spool/journal.js';
import { decodeSpooled } from '../../src/storage/spool/spooled-record.js';
import type { SimulatedDisk } from './disk.js';
import type { World } from './world.js';

/** The ids of the events that are parked in the end. */
export async function readParked(world: World, disk: SimulatedDisk): Promise<readonly string[]> {
  let ids: readonly string[] | undefined;
  const files = disk.mount();
  void (async () => {
    const keeper = new Keeper({ files, date: () => world.date(), log: () => undefined });
    const retake = async () => undefined;
    const journal = await Journal.open({ files, folder: '/spool/parked', stream: 'spool/parked', keeper, retake });
    const found: string[] = [];
    for (let frames = await journal.read(10_000); frames.length > 0; frames = await journal.read(10_000)) {
      found.push(...frames.map(({ body }) => decodeSpooled(body).record.headers.ce_id ?? ''));
    }
    ids = found;
  })();
  await world.run(() => ids !== undefined, world.now() + 60_000);
  return ids ?? [];
}
