import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openFolder } from '../../../../src/storage/dedupe/folder.js';
import { openWindow, type Window, type WindowOptions } from '../../../../src/storage/dedupe/window.js';
import { type Complaint, HeldClock, keys, placed } from './support.js';

const hour = 3_600_000;

describe('dedupe window', () => {
  let dir: string;
  let clock: HeldClock;
  let complaints: Complaint[];
  let window: Window;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'gateway-dedupe-'));
    clock = new HeldClock();
    complaints = [];
    window = await start();
  });

  afterEach(async () => {
    await window.close();
    await rm(dir, { recursive: true, force: true });
  });

  const start = (options: Partial<WindowOptions> = {}) =>
    openWindow({
      folder: openFolder(dir),
      length: 72 * hour,
      shared: false,
      clock,
      log: (level, message, fields) => complaints.push({ level, message, fields }),
      ...options,
    });
  const remember = (id: string, offset = 0) => window.remember([{ keys: keys(id), placement: placed(offset) }]);
  const find = (id: string) => window.find(keys(id), true)?.placement;

  async function restart(dateJump = 0): Promise<void> {
    await window.close();
    clock.dateOffset += dateJump;
    window = await start();
  }

  it('finds what was remembered, with its placement', async () => {
    await window.remember([
      { keys: keys('a'), placement: placed(7, 'one') },
      { keys: keys('b'), placement: { topic: 'two', spooled: true } },
      { keys: keys('c'), placement: placed(Number.MAX_SAFE_INTEGER, 'two') },
    ]);
    expect(find('a')).to.deep.equal(placed(7, 'one'));
    expect(find('b')).to.deep.equal({ topic: 'two', spooled: true });
    expect(find('c')).to.deep.equal(placed(Number.MAX_SAFE_INTEGER, 'two'));
    expect(find('d')).to.equal(undefined);
    expect(window.find(keys('a', { endpoint: 'other' }))).to.equal(undefined);
  });

  it('knows it after a restart', async () => {
    await remember('a', 5);
    await restart();
    expect(find('a')).to.deep.equal(placed(5));
  });

  it('forgets after the window, and not before', async () => {
    await remember('a');
    await clock.pass(72 * hour);
    expect(find('a')).to.deep.equal(placed(0));
    await clock.pass(18 * hour);
    expect(find('a')).to.equal(undefined);
  });

  it('keeps each event for 72 to 90 hours while others come', async () => {
    const remembered: { id: string; at: number }[] = [];
    for (let n = 0; n < 120; n++) {
      const id = `evt_${n}`;
      await remember(id, n);
      remembered.push({ id, at: clock.now() });
      await clock.pass(3 * hour);
      for (const { id: old, at } of remembered) {
        const age = clock.now() - at;
        if (age <= 72 * hour) expect(find(old), `${old} at ${age / hour} h`).to.not.equal(undefined);
        if (age >= 90 * hour) expect(find(old), `${old} at ${age / hour} h`).to.equal(undefined);
      }
    }
  });

  it('takes no notice of a date that is set while it runs', async () => {
    await remember('a');
    for (const jump of [365 * 24, -2 * 365 * 24]) {
      clock.dateOffset += jump * hour;
      await remember(`b${jump}`);
      expect(find('a')).to.not.equal(undefined);
    }
    await clock.pass(90 * hour);
    expect(find('a')).to.equal(undefined);
  });

  it('loses a quarter of the window at the most to a wrong date at start, and keeps nothing forever', async () => {
    await remember('a');
    await restart(365 * 24 * hour);
    await remember('b');
    await clock.pass(hour);
    await restart(-2 * 365 * 24 * hour);
    await remember('c');
    expect([find('a'), find('b'), find('c')]).to.not.include(undefined);
    await clock.pass(54 * hour);
    expect(find('a')).to.not.equal(undefined);
    await clock.pass(36 * hour);
    expect([find('a'), find('b'), find('c')]).to.deep.equal([undefined, undefined, undefined]);
  });

  it('survives many restarts', async () => {
    await remember('a');
    for (let n = 0; n < 20; n++) await restart();
    await clock.pass(71 * hour);
    expect(find('a')).to.not.equal(undefined);
  });
});
