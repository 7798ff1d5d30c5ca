import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ClosableDedupe } from '../../../../src/storage/dedupe/dedupe.js';
import { openDedupe } from '../../../../src/storage/dedupe/open.js';
import { realClock } from '../../../../src/util/clock.js';
import { type Complaint, event, HeldClock, open, Publishing, placed, settle } from './support.js';

describe('opening the dedupe window', () => {
  let dir: string;
  let complaints: Complaint[];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'gateway-dedupe-'));
    complaints = [];
  });

  afterEach(() => rm(dir, { recursive: true, force: true }));

  const once = (dedupe: ClosableDedupe, id: string, offset: number) =>
    dedupe.once(event(id), async () => placed(offset));

  it('makes its folder, and keeps events from one run to the next', async () => {
    const nested = join(dir, 'made/if/missing');
    const first = await open(nested, { complaints });
    await once(first, 'a', 1);
    await first.close();
    const second = await open(nested, { complaints });
    expect(await once(second, 'a', 2)).to.deep.equal({ placement: placed(1), duplicate: true, contentDiffers: false });
    await second.close();
    expect(complaints).to.deep.equal([]);
  });

  it('publishes every repetition where it is turned off', async () => {
    const off = await openDedupe(undefined, { shared: false, clock: realClock, log: () => undefined });
    await once(off, 'a', 1);
    expect(await once(off, 'a', 2)).to.deep.equal({ placement: placed(2), duplicate: false, contentDiffers: false });
    await off.close();
  });

  it('goes on without it where there is a file in the place of its folder', async () => {
    const file = join(dir, 'file');
    await writeFile(file, '');
    const dedupe = await open(file, { complaints });
    const publishing = new Publishing();
    const twins = [1, 2].map(() => dedupe.once(event('a'), publishing.publish));
    publishing.resolve(placed(1));
    await Promise.all(twins);
    expect(publishing.calls).to.equal(1);
    await dedupe.close();
    expect(complaints.map(({ level, fields }) => [level, fields.dir])).to.deep.equal([['error', file]]);
  });

  describe('between processes', () => {
    it('waits for another process no longer than half a minute', async () => {
      const clock = new HeldClock();
      const [first, second] = [await open(dir, { shared: true, clock }), await open(dir, { shared: true, clock })];
      const [hung, late] = [new Publishing(), new Publishing()];
      const answers = [first.once(event('a'), hung.publish), second.once(event('a'), late.publish)];
      for (let waited = 0; waited < 29_000; waited += 1000) await clock.pass(1000);
      expect(late.calls).to.equal(0);
      await clock.pass(1500);
      expect(late.calls).to.equal(1);
      hung.resolve(placed(1));
      late.resolve(placed(2));
      expect(await Promise.all(answers)).to.deep.equal([
        { placement: placed(1), duplicate: false, contentDiffers: false },
        { placement: placed(2), duplicate: false, contentDiffers: false },
      ]);
      await Promise.all([first.close(), second.close()]);
    });

    it('does not wait when it is closing', async () => {
      const clock = new HeldClock();
      const [first, second] = [await open(dir, { shared: true, clock }), await open(dir, { shared: true, clock })];
      const publishing = new Publishing();
      const held = first.once(event('a'), publishing.publish);
      const waiting = second.once(event('a'), publishing.publish).catch((error: Error) => error.message);
      const closed = second.close();
      await clock.pass(5);
      expect(await waiting).to.match(/stopping/);
      await closed;
      publishing.resolve(placed(1));
      await held;
      await settle();
      await first.close();
    });
  });
});
