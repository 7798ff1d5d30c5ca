import { appendFileSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { entrySize, hashEvent } from '../../../src/dedupe/entry.js';
import { openFolder } from '../../../src/dedupe/folder.js';
import { openWindow, type Window, type WindowOptions } from '../../../src/dedupe/window.js';
import { Quota } from './quota.js';
import { type Complaint, HeldClock, placed } from './support.js';

const hour = 3_600_000;

describe('files of the dedupe window', () => {
  let dir: string;
  let clock: HeldClock;
  let complaints: Complaint[];
  const opened: Window[] = [];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'gateway-dedupe-'));
    clock = new HeldClock();
    complaints = [];
  });

  afterEach(async () => {
    for (const window of opened.splice(0)) await window.close().catch(() => undefined);
    await rm(dir, { recursive: true, force: true });
  });

  async function start(options: Partial<WindowOptions> = {}): Promise<Window> {
    const window = await openWindow({
      ...{ folder: openFolder(dir), length: 72 * hour, shared: false, clock },
      log: (level, message, fields) => complaints.push({ level, message, fields }),
      ...options,
    });
    opened.push(window);
    return window;
  }

  async function stop(window: Window): Promise<void> {
    opened.splice(opened.indexOf(window), 1);
    await window.close();
  }

  const event = (n: number) => ({ key: hashEvent('acme', `evt_${n}`), placement: placed(n) });
  const events = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => event(from + index));
  const found = (window: Window, from: number, to: number) =>
    events(from, to).filter(({ key, placement }) => {
      const known = window.find(key, true);
      if (known !== undefined) expect(known).to.deep.equal(placement);
      return known !== undefined;
    }).length;
  const file = (number: number) => join(dir, `window-${String(number).padStart(8, '0')}`);
  const files = () => readdirSync(dir).filter((name) => name.startsWith('window-'));

  /** A file with 100 events in entries 1 to 100; entry 0 is the time. */
  async function prepare(): Promise<void> {
    const window = await start();
    await window.remember(events(0, 100));
    await stop(window);
    expect(readFileSync(file(1))).to.have.length(101 * entrySize);
  }

  const damages: { name: string; damage: () => void; kept: number; bytes: number }[] = [
    { name: 'a torn tail', damage: () => truncateSync(file(1), 100 * entrySize + 7), kept: 99, bytes: 7 },
    { name: 'a flipped bit', damage: () => flip(50 * entrySize + 20), kept: 99, bytes: entrySize },
    { name: 'a damaged first entry', damage: () => flip(0), kept: 100, bytes: entrySize },
    { name: 'zeros at the end', damage: () => appendFileSync(file(1), Buffer.alloc(1000)), kept: 100, bytes: 1000 },
    { name: 'a piece missing', damage: () => cut(10 * entrySize + 3, 30 * entrySize + 9), kept: 79, bytes: 34 },
    { name: 'another file in its place', damage: () => writeFileSync(file(1), 'x'.repeat(5000)), kept: 0, bytes: 5000 },
    {
      name: 'nothing but the magic byte',
      damage: () => writeFileSync(file(1), Buffer.alloc(5000, 0xd5)),
      kept: 0,
      bytes: 5000,
    },
  ];
  for (const { name, damage, kept, bytes } of damages) {
    it(`keeps what is whole beside ${name}, says so, and goes on in the same file`, async () => {
      await prepare();
      damage();
      const window = await start();
      expect(found(window, 0, 100)).to.equal(kept);
      expect(complaints.map(({ level, fields }) => ({ level, ...fields }))).to.deep.equal([
        { level: 'error', file: 'window-00000001', bytes },
      ]);
      await window.remember(events(100, 200));
      await stop(window);
      const again = await start();
      expect(found(again, 0, 200)).to.equal(kept + 100);
      expect(files()).to.have.length(1);
    });
  }

  function flip(at: number): void {
    const bytes = readFileSync(file(1));
    bytes[at] = (bytes[at] ?? 0) ^ 0x10;
    writeFileSync(file(1), bytes);
  }

  function cut(from: number, to: number): void {
    const bytes = readFileSync(file(1));
    writeFileSync(file(1), Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]));
  }

  it('finds every entry that damage leaves whole, and nothing else', async () => {
    await prepare();
    const whole = readFileSync(file(1));
    const spans = fc.array(fc.record({ at: fc.nat(whole.length), junk: fc.uint8Array({ maxLength: 90 }) }), {
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(spans, async (inserted) => {
        // Junk before entry n leaves all entries whole, wherever they then begin.
        let bytes = whole;
        for (const { at, junk } of inserted.toSorted((a, b) => b.at - a.at)) {
          const between = at - (at % entrySize);
          bytes = Buffer.concat([bytes.subarray(0, between), junk, bytes.subarray(between)]);
        }
        writeFileSync(file(1), bytes);
        const window = await start();
        expect(found(window, 0, 100)).to.equal(100);
        await stop(window);
      }),
      { numRuns: 50 },
    );
  });

  it('leaves out a file that cannot be read', async () => {
    mkdirSync(file(1));
    const window = await start();
    await window.remember(events(0, 10));
    await stop(window);
    expect(found(await start(), 0, 10)).to.equal(10);
    expect(complaints.map(({ fields }) => fields.file)).to.deep.equal(['window-00000001', 'window-00000001']);
  });

  it('knows no topic whose name is lost, and learns it anew', async () => {
    await prepare();
    writeFileSync(join(dir, 'topics'), 'webho');
    const window = await start();
    expect(found(window, 0, 100)).to.equal(0);
    await window.remember(events(0, 1));
    expect(found(window, 0, 100)).to.equal(100);
  });

  it('writes on behind what a full disk has torn', async () => {
    const quota = new Quota(openFolder(dir));
    const window = await start({ folder: quota });
    await window.remember(events(0, 10));
    for (const left of [0, 1, entrySize - 1, 5 * entrySize + 17]) {
      quota.left = left;
      const error = await window.remember(events(10, 20)).catch((reason: unknown) => reason);
      expect(error).to.have.property('code', 'ENOSPC');
    }
    quota.left = Number.POSITIVE_INFINITY;
    await window.remember(events(10, 20));
    expect(found(window, 0, 20)).to.equal(20);
    expect(found(await start(), 0, 20)).to.equal(20);
  });

  it('survives a full disk while it goes on to the next slice', async () => {
    const quota = new Quota(openFolder(dir));
    const window = await start({ folder: quota });
    await window.remember(events(0, 10));
    await clock.pass(19 * hour);
    quota.left = 30;
    await window.remember(events(10, 20)).catch(() => undefined);
    quota.left = Number.POSITIVE_INFINITY;
    await window.remember(events(10, 20));
    expect(files()).to.have.length(2);
    expect(found(await start(), 0, 20)).to.equal(20);
  });

  it('deletes slices that are past the window', async () => {
    const window = await start();
    for (let n = 0; n < 20; n++) {
      await window.remember(events(n, n + 1));
      await clock.pass(19 * hour);
      expect(files().length).to.be.lessThan(7);
    }
    expect(complaints).to.deep.equal([]);
    await stop(window);
    await clock.pass(18 * hour);
    await start();
    expect(files().length).to.be.lessThan(6);
  });

  it('keeps five slices of a given size, and says that it forgets too early', async () => {
    const window = await start({ sliceBytes: 100 * entrySize });
    for (let n = 0; n < 2000; n += 20) await window.remember(events(n, n + 20));
    expect(files()).to.have.length(5);
    expect(found(window, 1600, 2000)).to.equal(400);
    expect(found(window, 0, 1000)).to.equal(0);
    expect(complaints[0]).to.deep.include({ level: 'warn' });
    expect(complaints[0]?.message).to.match(/full/);
  });

  describe('of several processes', () => {
    const few = { shared: true, sliceBytes: 20 * entrySize };

    it('finds at once what another has written, over many slices', async () => {
      const [first, second] = [await start(few), await start(few)];
      for (let n = 0; n < 300; n += 10) {
        await (n % 20 === 0 ? first : second).remember(events(n, n + 10));
        expect([found(first, n, n + 10), found(second, n, n + 10)]).to.deep.equal([10, 10]);
      }
      expect(files()).to.have.length(5);
    });

    it('loses nothing where both go on to the next slice at the same time', async () => {
      const windows = [await start(few), await start(few), await start(few)];
      for (let n = 0; n < 120; n += 3) {
        await Promise.all(windows.map((window, index) => window.remember(events(n + index, n + index + 1))));
        for (const window of windows) expect(found(window, n, n + 3)).to.equal(3);
      }
    });

    it('catches up with others while it has nothing to do', async () => {
      const [first, idle] = [await start(few), await start(few)];
      for (let n = 0; n < 500; n += 10) {
        await first.remember(events(n, n + 10));
        if (n % 50 === 0) await clock.pass(1000);
      }
      await clock.pass(1000);
      expect(idle.find(event(499).key)).to.deep.equal(placed(499));
    });

    it('catches up from a slice that is long deleted', async () => {
      const [first, idle] = [await start(few), await start(few)];
      for (let n = 0; n < 500; n += 10) await first.remember(events(n, n + 10));
      expect(idle.find(event(499).key, true)).to.deep.equal(placed(499));
      await idle.remember(events(500, 501));
      expect(found(first, 500, 501)).to.equal(1);
    });
  });
});
