import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { array, assert, integer, property } from 'fast-check';
import type { Expectation } from '../../../../src/core/model.js';
import { limitOf, note } from '../../../../src/server/silence/judge.js';
import { Silence, type SilenceOptions } from '../../../../src/server/silence/silence.js';
import { type Known, readState, writeState } from '../../../../src/server/silence/state.js';
import { createLog } from '../../../../src/server/telemetry/log.js';
import type { Reading } from '../../../../src/server/telemetry/metrics.js';
import { read } from '../../../../src/server/telemetry/observe.js';
import { realFiles } from '../../../../src/storage/disk/files.js';
import { NewerFormatError } from '../../../../src/util/newer-format.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const start = Date.UTC(2026, 10, 1);

function every(milliseconds: number, events = '*'): Expectation {
  return { events, matches: () => true, every: milliseconds };
}

describe('silence', () => {
  let folder: string;
  let now: number;
  let lines: { readonly [name: string]: unknown }[];
  let options: SilenceOptions;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'silence-'));
    now = start;
    lines = [];
    const write = (line: string) => void lines.push(JSON.parse(line));
    const log = createLog('info', { write }, null, { now: () => now, after: () => () => undefined });
    options = { folder, files: realFiles, log: log.write, now: () => now };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What workers have measured: the last event of each kind. */
  function came(at: number, events = '*'): Reading {
    return read('gateway_expected_events_last_timestamp_seconds', at / 1000, { endpoint: 'stripe', events });
  }

  function overdue(readings: readonly Reading[]): readonly number[] {
    return readings.filter(({ metric }) => metric === 'gateway_expected_events_overdue').map(({ value }) => value);
  }

  function limit(readings: readonly Reading[]): number | undefined {
    return readings.find(({ metric }) => metric === 'gateway_expected_events_limit_seconds')?.value;
  }

  function said(): readonly unknown[] {
    return lines.map(({ level, msg, events, silent }) => [level, msg, events, silent]);
  }

  it('begins when nothing has come for too long, ends with the next event, and is told once each', async () => {
    const silence = await Silence.open(options);
    const endpoints = [{ name: 'stripe', expect: [every(15 * minute)] }];
    const look = (...readings: Reading[]) => overdue(silence.look(endpoints, readings));
    expect(look()).to.deep.equal([0]);
    now += minute;
    expect(look(came(now))).to.deep.equal([0]);
    const last = now;
    now += 15 * minute;
    expect(look(came(last))).to.deep.equal([0]);
    now += 1_000;
    expect(look(came(last))).to.deep.equal([1]);
    now += minute;
    expect(look(came(last))).to.deep.equal([1]);
    now += minute;
    expect(look(came(now - 1_000))).to.deep.equal([0]);
    expect(said()).to.deep.equal([
      ['warn', 'expected events do not come', '*', 901],
      ['info', 'expected events come again', '*', 1020],
    ]);
  });

  it('is that of each kind of events by itself', async () => {
    const silence = await Silence.open(options);
    const endpoints = [{ name: 'stripe', expect: [every(hour, 'charge.*'), every(26 * hour, 'payout.*')] }];
    now += 2 * hour;
    silence.look(endpoints, []);
    now += 2 * hour;
    const readings = silence.look(endpoints, [came(start, 'charge.*'), came(start, 'payout.*')]);
    expect(overdue(readings)).to.deep.equal([1, 0]);
    expect(said()).to.deep.equal([['warn', 'expected events do not come', 'charge.*', 4 * 3600]]);
  });

  it('counts from the start where nothing has come yet', async () => {
    const silence = await Silence.open(options);
    const endpoints = [{ name: 'stripe', expect: [every(hour)] }];
    expect(overdue(silence.look(endpoints, []))).to.deep.equal([0]);
    now += hour + 1;
    const readings = silence.look(endpoints, []);
    expect(overdue(readings)).to.deep.equal([1]);
    expect(readings[0]?.value).to.equal(start / 1000);
  });

  it('goes on over a restart', async () => {
    const endpoints = [{ name: 'stripe', expect: [every(24 * hour), every(48 * hour, 'payout.*')] }];
    const first = await Silence.open(options);
    first.look(endpoints, [came(start - hour)]);
    await first.save();
    for (let restart = 0; restart < 5; restart++) {
      now += 6 * hour;
      const next = await Silence.open(options);
      // A process that has just started has seen nothing.
      const wanted = now - start > 23 * hour ? 1 : 0;
      expect(overdue(next.look(endpoints, []))).to.deep.equal([wanted, 0]);
      await next.save();
    }
    now = start + 48 * hour + 1;
    expect(overdue((await Silence.open(options)).look(endpoints, []))).to.deep.equal([1, 1]);
  });

  it('does without a folder, and with one that cannot be used', async () => {
    const endpoints = [{ name: 'stripe', expect: [every(hour)] }];
    const { folder: _, ...without } = options;
    const nowhere = await Silence.open(without);
    nowhere.look(endpoints, []);
    await nowhere.save();
    expect(lines).to.deep.equal([]);
    writeFileSync(join(folder, 'file'), '');
    const broken = await Silence.open({ ...options, folder: join(folder, 'file') });
    expect(overdue(broken.look(endpoints, []))).to.deep.equal([0]);
    await broken.save();
    await broken.save();
    expect(lines.map(({ msg }) => msg)).to.deep.equal([
      'it is not known when the last events came',
      'it cannot be written down when the last events came',
    ]);
  });

  it('refuses a file of a newer version, and begins again with a damaged one', async () => {
    const endpoints = [{ name: 'stripe', expect: [every(hour)] }];
    const silence = await Silence.open(options);
    silence.look(endpoints, []);
    await silence.save();
    const file = join(folder, 'last-events');
    const text = readFileSync(file, 'utf8');
    expect(text).to.match(/^webhook-gateway silence 1 \{"stripe \*":\{"since":\d+,"gaps":\{\}\}\} [\da-f]{8}\n$/);
    writeFileSync(file, text.replace('since', 'sinse'));
    now += 2 * hour;
    expect(overdue((await Silence.open(options)).look(endpoints, []))).to.deep.equal([0]);
    await writeState(realFiles, folder, new Map());
    const newer = text.replace('silence 1', 'silence 2').replace(/[\da-f]{8}\n$/, '');
    const { crc32 } = await import('node:zlib');
    writeFileSync(file, `${newer}${crc32(newer).toString(16).padStart(8, '0')}\n`);
    const error = await Silence.open(options).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(NewerFormatError);
  });

  it('is written as it is read', async () => {
    const state = new Map<string, Known>([
      ['stripe *', { since: 1, last: 2, gaps: { 20000: 3 } }],
      ['adyen charge.*,payout.*', { since: 4, gaps: {} }],
    ]);
    await writeState(realFiles, folder, state);
    expect(await readState(realFiles, folder)).to.deep.equal(state);
  });

  describe('that is learned', () => {
    const learned: Expectation = { events: '*', matches: () => true, learn: 7 * day };

    it('is twice the longest time without an event in so many days, once they are over', () => {
      assert(
        property(array(integer({ min: 1_000, max: 12 * hour }), { minLength: 1, maxLength: 300 }), (gaps) => {
          let known: Known = { since: start, last: start, gaps: {} };
          let at = start;
          for (const gap of gaps) {
            at += gap;
            known = note(known, learned, at, true);
          }
          const limit = limitOf(learned, known, at);
          if (at - start < 7 * day) expect(limit).to.equal(undefined);
          // Days are whole ones: one that is partly over counts.
          else expect(limit).to.be.within(minute, 2 * Math.max(...gaps));
          expect(Object.keys(known.gaps).length).to.be.at.most(9);
        }),
      );
    });

    it('forgets what is longer ago', () => {
      let known: Known = { since: start, last: start, gaps: {} };
      known = note(known, learned, start + 10 * hour, true);
      for (let at = start + 11 * hour; at < start + 20 * day; at += hour) known = note(known, learned, at, true);
      expect(limitOf(learned, known, start + 20 * day)).to.equal(2 * hour);
    });

    it('keeps quiet in nights and weekends like those before, and speaks after a day that is none', async () => {
      const silence = await Silence.open(options);
      const endpoints = [{ name: 'stripe', expect: [learned] }];
      let last = now;
      const step = (isBusy: boolean) => {
        now += 10 * minute;
        if (isBusy) last = now;
        return overdue(silence.look(endpoints, [came(last)]))[0];
      };
      const isWorkTime = () => {
        const date = new Date(now);
        return date.getUTCDay() % 6 !== 0 && date.getUTCHours() >= 8 && date.getUTCHours() < 20;
      };
      for (let count = 0; count < 21 * 144; count++) expect(step(isWorkTime())).to.equal(0);
      while (step(false) === 0);
      // The longest that was seen is a weekend: from Friday, 20:00 to Monday, 8:00.
      expect((now - last) / hour).to.be.within(120, 121);
      // That is learned from as far as the limit went, and not how long it was in the end.
      now += 30 * day;
      step(true);
      expect(limit(silence.look(endpoints, [came(last)]))).to.be.within(2 * 120 * 3600, 2 * 121 * 3600);
    });

    it('comes to accept what has become usual', async () => {
      const silence = await Silence.open(options);
      const endpoints = [{ name: 'stripe', expect: [learned] }];
      let alarms = 0;
      let last = now;
      for (let count = 0; count < 60 * 24; count++) {
        now += hour;
        // In the second month events come every twelve hours only: after 2 h, 4 h and 8 h that is overdue, and then no more.
        if (count < 30 * 24 || count % 12 === 0) last = now;
        const [isOverdue] = overdue(silence.look(endpoints, [came(last)]));
        if (isOverdue === 1 && count > 33 * 24) alarms++;
      }
      expect(lines.filter(({ level }) => level === 'warn').length).to.equal(3);
      expect(alarms).to.equal(0);
    });

    it('does not learn from the time in which the gateway was not there', async () => {
      const endpoints = [{ name: 'stripe', expect: [learned] }];
      const first = await Silence.open(options);
      for (let count = 0; count < 8 * 24; count++) {
        now += hour;
        first.look(endpoints, [came(now)]);
      }
      await first.save();
      now += 3 * hour;
      const second = await Silence.open(options);
      const readings = second.look(endpoints, [came(now)]);
      expect(limit(readings)).to.equal(2 * 3600);
    });
  });
});
