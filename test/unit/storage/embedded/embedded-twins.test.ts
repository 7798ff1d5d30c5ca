import { expect } from 'chai';
import { openEmbedded } from '../../../../src/storage/embedded/publisher.js';
import { readEmbedded } from '../../../../src/storage/embedded/read.js';
import { seedChance } from '../../../simulation/chance.js';
import { SimulatedDisk } from '../../../simulation/disk.js';
import { eventLoopTurn, World } from '../../../simulation/world.js';
import { makeRecord } from '../../kafka/records.js';

const settings = { kind: 'embedded', dir: '/log' } as const;

/** Sends some, of which the first sync fails, is killed, sends one more, and loses its power. */
async function readAfterFailedSync(seed: number): Promise<readonly string[]> {
  const world = new World(seed, eventLoopTurn);
  const disk = new SimulatedDisk(world);
  const settle = async <T>(work: Promise<T>): Promise<T> => {
    let over = false;
    const ending = work.finally(() => {
      over = true;
    });
    for (let looks = 0; !over && looks < 1_000; looks++) await world.run(() => over, world.now() + 50);
    return ending;
  };
  const lock = async () => ({ retake: async () => undefined, release: async () => undefined });
  const open = () =>
    settle(openEmbedded(settings, { log: () => undefined }, { files: disk.mount(), clock: world, lock }));
  const first = await open();
  disk.failingSyncs = 1;
  await settle(Promise.all(['a', 'b', 'c'].map((value) => first.publish(makeRecord('k', value)))));
  disk.kill();
  await settle((await open()).publish(makeRecord('k', 'd')));
  disk.cutPower();
  const values: string[] = [];
  const files = disk.mount();
  const readAll = async () => {
    for await (const { value } of readEmbedded(settings, ['orders'], { from: 'beginning', until: 'end' }, files))
      values.push(value.toString());
  };
  await settle(readAll());
  return values;
}

describe('the embedded log where a sync has failed once', () => {
  it('reads what one of two files with the same offsets has lost from the other', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const end = seedChance(seed);
      try {
        expect(await readAfterFailedSync(seed), `seed ${seed}`).to.deep.equal(['a', 'b', 'c', 'd']);
      } finally {
        end();
      }
    }
  });
});
