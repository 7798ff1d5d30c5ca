import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { createDedupe } from '../../../../src/storage/dedupe/dedupe.js';
import { fileVersion, format, kinds } from '../../../../src/storage/dedupe/entry.js';
import { openFolder } from '../../../../src/storage/dedupe/folder.js';
import { openWindow, type Window, type WindowOptions } from '../../../../src/storage/dedupe/window.js';
import { NewerFormatError } from '../../../../src/util/newer-format.js';
import { Quota } from './quota.js';
import { type Complaint, event as fingerprint, HeldClock, keys, placed } from './support.js';

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
      folder: openFolder(dir),
      length: 72 * hour,
      shared: false,
      clock,
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

  const event = (n: number) => ({ keys: keys(`evt_${n}`), placement: placed(n) });
  const events = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => event(from + index));
  const found = (window: Window, from: number, to: number) =>
    events(from, to).filter(({ keys: wanted, placement }) => {
      const known = window.find(wanted, true)?.placement;
      if (known !== undefined) expect(known).to.deep.equal(placement);
      return known !== undefined;
    }).length;
  const file = (number: number) => join(dir, `events-${String(number).padStart(8, '0')}`);
  const files = () => readdirSync(dir).filter((name) => name.startsWith('events-'));

  /** A file begins with its version, a time and the name of the topic; then come 100 events. */
  const eventsAt = 3 * format.size;
  async function prepare(): Promise<void> {
    const window = await start();
    await window.remember(events(0, 100));
    await stop(window);
    expect(readFileSync(file(1))).to.have.length(eventsAt + 100 * format.size);
  }

  it('makes files and folders for its user alone, and leaves the modes of others as they are', async () => {
    chmodSync(dir, 0o755);
    openFolder(join(dir, 'new/deeper')).open('made').close();
    writeFileSync(join(dir, 'old'), '', { mode: 0o644 });
    openFolder(dir).open('old').close();
    const modes = ['.', 'new', 'new/deeper', 'new/deeper/made', 'old'].map((name) => statSync(join(dir, name)).mode);
    expect(modes.map((mode) => (mode & 0o777).toString(8))).to.deep.equal(['755', '700', '700', '600', '644']);
  });

  const damages: { name: string; damage: () => void; kept: number; bytes: number }[] = [
    { name: 'a torn tail', damage: () => truncateSync(file(1), eventsAt + 99 * format.size + 7), kept: 99, bytes: 7 },
    { name: 'a flipped bit', damage: () => flip(50 * format.size + 20), kept: 99, bytes: format.size },
    { name: 'a damaged first entry', damage: () => flip(0), kept: 100, bytes: format.size },
    { name: 'zeros at the end', damage: () => appendFileSync(file(1), Buffer.alloc(1000)), kept: 100, bytes: 1000 },
    { name: 'a piece missing', damage: () => cut(10 * format.size + 3, 30 * format.size + 9), kept: 79, bytes: 50 },
    { name: 'another file in its place', damage: () => writeFileSync(file(1), 'x'.repeat(5000)), kept: 0, bytes: 5000 },
    {
      name: 'nothing but the magic byte',
      damage: () => writeFileSync(file(1), Buffer.alloc(5000, 0xd6)),
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
        { level: 'error', file: 'events-00000001', bytes },
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
          const between = at - (at % format.size);
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
    expect(complaints.map(({ fields }) => fields.file)).to.deep.equal(['events-00000001', 'events-00000001']);
  });

  it('still knows the events of a topic whose name is lost, and learns the name anew', async () => {
    await prepare();
    flip(2 * format.size + 20);
    const window = await start();
    const [{ keys: wanted }] = [event(50)];
    expect(window.find(wanted)?.placement).to.deep.equal({ ...placed(50), topic: '(unknown)' });
    expect(complaints.map(({ fields }) => fields.bytes)).to.deep.equal([format.size]);
    await window.remember(events(100, 101));
    expect(found(window, 0, 101)).to.equal(101);
  });

  it('has the names of its topics in each file, however long they are', async () => {
    const window = await start();
    const topics = ['a', 'b'.repeat(32), 'c'.repeat(33), 'd'.repeat(249)];
    for (let round = 0; round < 8; round++) {
      await window.remember(
        topics.map((topic) => ({ keys: keys(`${topic} ${round}`), placement: placed(round, topic) })),
      );
      await clock.pass(19 * hour);
    }
    const again = await start();
    for (const topic of topics) {
      expect(again.find(keys(`${topic} 7`))?.placement).to.deep.equal(placed(7, topic));
    }
  });

  it('refuses files of a newer gateway, and leaves them as they are', async () => {
    await prepare();
    const bytes = readFileSync(file(1));
    bytes.writeUInt32LE(fileVersion + 1, 7);
    format.seal(bytes, 0, kinds.version);
    writeFileSync(file(1), bytes);
    const error = await start().catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(NewerFormatError);
    expect(String(error)).to.contain(`${file(1)} has version ${fileVersion + 1} of its format`);
    expect(readFileSync(file(1)).equals(bytes)).to.equal(true);
  });

  describe('of a former gateway', () => {
    // Written by one that knew endpoint and id alone: stripe's evt_0 to evt_99 in webhooks.stripe.charge.
    const former = new URL('../../../cases/dedupe/former/', import.meta.url);
    const date = Date.UTC(2026, 10, 30, 12);

    beforeEach(() => {
      cpSync(former, dir, { recursive: true });
      clock.dateOffset = date;
    });

    it('tell where an id lies, and go when they are past the window', async () => {
      const window = await start();
      for (let n = 0; n < 100; n++) {
        expect(window.findFormer?.('stripe', `evt_${n}`)).to.deep.equal(placed(n, 'webhooks.stripe.charge'));
      }
      expect(window.findFormer?.('stripe', 'evt_100')).to.equal(undefined);
      expect(window.findFormer?.('other', 'evt_1')).to.equal(undefined);
      await window.remember(events(0, 10));
      for (let hours = 0; hours < 91; hours += 10) {
        await clock.pass(10 * hour);
        await window.remember(events(hours, hours + 1));
      }
      expect(window.findFormer?.('stripe', 'evt_1')).to.equal(undefined);
      expect(readdirSync(dir).filter((name) => !name.startsWith('events-'))).to.deep.equal([]);
    });

    it('are found for events that their id alone names, and for no others', async () => {
      const dedupe = createDedupe({ window: await start(), clock, log: () => undefined });
      const publish = async () => placed(1);
      const [byId, byContent] = [
        fingerprint('evt_1', { endpoint: 'stripe', by: 'id' }),
        fingerprint('evt_2', { endpoint: 'stripe' }),
      ];
      expect(await dedupe.once(byId, publish)).to.deep.include({ duplicate: true });
      expect(await dedupe.once(byContent, publish)).to.deep.include({ duplicate: false });
    });
  });

  it('writes on behind what a full disk has torn', async () => {
    const quota = new Quota(openFolder(dir));
    const window = await start({ folder: quota });
    await window.remember(events(0, 10));
    for (const left of [0, 1, format.size - 1, 5 * format.size + 17]) {
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
    const window = await start({ sliceBytes: 100 * format.size });
    for (let n = 0; n < 2000; n += 20) await window.remember(events(n, n + 20));
    expect(files()).to.have.length(5);
    expect(found(window, 1600, 2000)).to.equal(400);
    expect(found(window, 0, 1000)).to.equal(0);
    expect(complaints[0]).to.deep.include({ level: 'warn' });
    expect(complaints[0]?.message).to.match(/full/);
  });

  describe('of several processes', () => {
    const few = { shared: true, sliceBytes: 20 * format.size };

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
      expect(idle.find(event(499).keys)?.placement).to.deep.equal(placed(499));
    });

    it('catches up from a slice that is long deleted', async () => {
      const [first, idle] = [await start(few), await start(few)];
      for (let n = 0; n < 500; n += 10) await first.remember(events(n, n + 10));
      expect(idle.find(event(499).keys, true)?.placement).to.deep.equal(placed(499));
      await idle.remember(events(500, 501));
      expect(found(first, 500, 501)).to.equal(1);
    });
  });
});
