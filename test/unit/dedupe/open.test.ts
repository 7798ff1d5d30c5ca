import { mkdir, mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openClaims } from '../../../src/dedupe/claims.js';
import type { ClosableDedupe } from '../../../src/dedupe/dedupe.js';
import { hashEvent } from '../../../src/dedupe/entry.js';
import { openDedupe } from '../../../src/dedupe/open.js';
import { realClock } from '../../../src/publish/clock.js';
import { type Complaint, HeldClock, open, Publishing, placed, settle } from './support.js';

describe('opening the dedupe window', () => {
  let dir: string;
  let complaints: Complaint[];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'gateway-dedupe-'));
    complaints = [];
  });

  afterEach(() => rm(dir, { recursive: true, force: true }));

  const once = (dedupe: ClosableDedupe, id: string, offset: number) =>
    dedupe.once('acme', id, async () => placed(offset));

  it('makes its folder, and keeps events from one run to the next', async () => {
    const nested = join(dir, 'made/if/missing');
    const first = open(nested, { complaints });
    await once(first, 'a', 1);
    await first.close();
    const second = open(nested, { complaints });
    expect(await once(second, 'a', 2)).to.deep.equal({ placement: placed(1), duplicate: true });
    await second.close();
    expect(complaints).to.deep.equal([]);
  });

  it('publishes every repetition where it is turned off', async () => {
    const off = openDedupe(undefined, { shared: false, clock: realClock, log: () => undefined });
    await once(off, 'a', 1);
    expect(await once(off, 'a', 2)).to.deep.equal({ placement: placed(2), duplicate: false });
    await off.close();
  });

  const unusable: { name: string; make: () => Promise<unknown> }[] = [
    { name: 'a file in the place of its folder', make: () => writeFile(join(dir, 'window'), '') },
    {
      name: 'a folder in the place of its file',
      make: () => mkdir(join(dir, 'window', 'data.mdb'), { recursive: true }),
    },
  ];
  for (const { name, make } of unusable) {
    it(`goes on without it where there is ${name}`, async () => {
      await make();
      const dedupe = open(dir, { complaints });
      const publishing = new Publishing();
      const twins = [1, 2].map(() => dedupe.once('acme', 'a', publishing.publish));
      publishing.resolve(placed(1));
      await Promise.all(twins);
      expect(publishing.calls).to.equal(1);
      await dedupe.close();
      expect(complaints.map(({ level, fields }) => [level, fields.dir])).to.deep.equal([['error', dir]]);
    });
  }

  const damages: { name: string; damage: (file: string) => Promise<unknown> }[] = [
    { name: 'is none of its own', damage: (file) => writeFile(file, Buffer.alloc(32_768, 'no database ')) },
    { name: 'is all zeros', damage: (file) => writeFile(file, Buffer.alloc(32_768)) },
    { name: 'is one byte', damage: (file) => writeFile(file, 'x') },
    { name: 'is truncated', damage: async (file) => truncate(file, (await stat(file)).size - 4096) },
    { name: 'has only its first page', damage: (file) => truncate(file, 4096) },
  ];
  for (const { name, damage } of damages) {
    it(`begins anew where its file ${name}`, async () => {
      const first = open(dir, { complaints });
      await once(first, 'a', 1);
      await first.close();
      await damage(join(dir, 'window', 'data.mdb'));
      const second = open(dir, { complaints });
      expect((await once(second, 'a', 2)).duplicate).to.equal(false);
      expect((await once(second, 'a', 3)).duplicate).to.equal(true);
      await second.close();
      expect(complaints.map(({ message }) => message)).to.deep.equal(['the dedupe window was damaged and begins anew']);
      expect(await readdir(join(dir, 'window'))).to.include('data.mdb.damaged');
    });
  }

  it('begins with an empty file', async () => {
    await mkdir(join(dir, 'window'));
    await writeFile(join(dir, 'window', 'data.mdb'), '');
    const dedupe = open(dir, { complaints });
    expect((await once(dedupe, 'a', 2)).duplicate).to.equal(false);
    await dedupe.close();
    expect(complaints).to.deep.equal([]);
  });

  describe('between processes', () => {
    it('waits for another process no longer than half a minute', async () => {
      const clock = new HeldClock();
      const [first, second] = [open(dir, { shared: true, clock }), open(dir, { shared: true, clock })];
      const [hung, late] = [new Publishing(), new Publishing()];
      const answers = [first.once('acme', 'a', hung.publish), second.once('acme', 'a', late.publish)];
      for (let waited = 0; waited < 29_000; waited += 1000) await clock.pass(1000);
      expect(late.calls).to.equal(0);
      await clock.pass(1500);
      expect(late.calls).to.equal(1);
      hung.resolve(placed(1));
      late.resolve(placed(2));
      expect(await Promise.all(answers)).to.deep.equal([
        { placement: placed(1), duplicate: false },
        { placement: placed(2), duplicate: false },
      ]);
      await Promise.all([first.close(), second.close()]);
    });

    it('gives up only the claim that it was given', async () => {
      const claims = openClaims(dir);
      const key = hashEvent('acme', 'a');
      const first = claims.take(key);
      if (!('mark' in first)) return expect.fail('not free');
      const second = claims.take(key, first.mark);
      if (!('mark' in second)) return expect.fail('not taken over');
      claims.release(key, first.mark);
      expect(claims.isHeld(key, second.mark)).to.equal(true);
      claims.release(key, second.mark);
      expect(claims.isHeld(key, second.mark)).to.equal(false);
      await claims.close();
    });

    it('does not wait when it is closing', async () => {
      const clock = new HeldClock();
      const [first, second] = [open(dir, { shared: true, clock }), open(dir, { shared: true, clock })];
      const publishing = new Publishing();
      const held = first.once('acme', 'a', publishing.publish);
      const waiting = second.once('acme', 'a', publishing.publish).catch((error: Error) => error.message);
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
