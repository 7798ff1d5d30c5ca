import { expect } from 'chai';
import { watchRoom } from '../../../../src/storage/disk/room.js';
import { World } from '../../../simulation/world.js';

describe('the room on a disk', () => {
  it('is warned of at the start, and once each time that it gets little', async () => {
    const world = new World(1);
    const mebibyte = 1024 ** 2;
    let free = 100 * mebibyte;
    const warnings: unknown[] = [];
    const stop = watchRoom(
      '/log',
      world,
      (_level, _message, fields) => void warnings.push(fields),
      async () => free,
    );
    const pass = (minutes: number) => world.run(() => false, world.now() + minutes * 60_000 + 1);
    await pass(5);
    expect(warnings).to.deep.equal([{ folder: '/log', freeMiB: 100 }]);
    free = 5_000 * mebibyte;
    await pass(2);
    free = 10 * mebibyte;
    await pass(3);
    expect(warnings.slice(1)).to.deep.equal([{ folder: '/log', freeMiB: 10 }]);
    stop();
    free = 5_000 * mebibyte;
    await pass(2);
    free = 0;
    await pass(5);
    expect(warnings).to.have.length(2);
  });

  it('is no matter where nobody can tell', async () => {
    const world = new World(1);
    const warnings: unknown[] = [];
    const stop = watchRoom('/no/such/folder', world, (...said) => void warnings.push(said));
    await world.run(() => false, 200_000);
    stop();
    expect(warnings).to.deep.equal([]);
  });
});
