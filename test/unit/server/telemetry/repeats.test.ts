import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import fc from 'fast-check';
import { endings } from '../../../../src/server/telemetry/causes.js';
import { Repeats, type RepeatsClock } from '../../../../src/server/telemetry/repeats.js';

type Written = readonly [level: string, message: string, fields: { readonly [name: string]: unknown }];

const minute = 60_000;
/** A clock that stands until it is moved, and then comes by every timer at its time. */
class StepClock implements RepeatsClock {
  #time = 0;
  readonly #timers = new Set<{ readonly at: number; readonly call: () => void }>();

  now(): number {
    return this.#time;
  }

  after(milliseconds: number, call: () => void): () => void {
    const timer = { at: this.#time + milliseconds, call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  advance(milliseconds: number): void {
    const end = this.#time + milliseconds;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#time = next.at;
      next.call();
    }
    this.#time = end;
  }
}

describe('repeated lines of the log', () => {
  let clock: StepClock;
  let written: Written[];
  let repeats: Repeats;

  beforeEach(() => {
    clock = new StepClock();
    written = [];
    repeats = new Repeats((level, message, fields) => void written.push([level, message, fields]), clock);
  });

  /** Once a second, for so many seconds. */
  function last(seconds: number, fields: object = {}, message = 'it fails'): void {
    for (let n = 0; n < seconds; n++) {
      repeats.write('warn', message, { reason: 'X', ...fields });
      clock.advance(1_000);
    }
  }

  it('say who caused them most often, however many there are', () => {
    for (let n = 0; n < 3_000; n++) {
      repeats.write('info', 'delivery refused', { reason: 'X', client: n % 3 === 0 ? '192.0.2.1' : `198.51.100.${n}` });
    }
    clock.advance(minute);
    const clients = said().at(-1)?.[2].clients;
    expect(Object.entries(Object(clients))).to.have.length(6);
    expect(clients).to.include({ '192.0.2.1': 999, others: 2999 - 999 - 4 });
  });

  /** Without those for whoever debugs. */
  function said(): readonly Written[] {
    return written.splice(0).filter(([level]) => level !== 'debug');
  }

  it('are one when their cause begins, one a minute with a count, and one when it is over', () => {
    last(1);
    expect(said()).to.deep.equal([['warn', 'it fails', { reason: 'X' }]]);
    last(minute / 1_000 - 2);
    expect(said()).to.deep.equal([]);
    last(10);
    expect(said()).to.deep.equal([['warn', 'it fails', { reason: 'X', repeated: 59, seconds: 60 }]]);
    last(51);
    expect(said()).to.deep.equal([['warn', 'it fails', { reason: 'X', repeated: 60, seconds: 120 }]]);
    clock.advance(3 * minute);
    expect(said()).to.deep.equal([['info', 'ended: it fails', { reason: 'X', times: 120, seconds: 119 }]]);
  });

  it('are each written at the level of debug', () => {
    last(3);
    expect(written.map(([level]) => level)).to.deep.equal(['warn', 'debug', 'debug']);
  });

  it('are apart by the fields that name the cause, and by nothing else', () => {
    last(2, { topic: 'a', inFlight: 1 });
    last(2, { topic: 'b', inFlight: 2 });
    last(1, { topic: 'a', inFlight: 3 });
    expect(said().map(([, , { topic }]) => topic)).to.deep.equal(['a', 'b']);
  });

  it('that came once are no cause that lasts: nothing says that it is over', () => {
    last(1);
    clock.advance(10 * minute);
    expect(said()).to.have.length(1);
    last(1);
    expect(said()).to.have.length(1);
  });

  it('add up what they count', () => {
    for (const refused of [5, 7, 9]) {
      repeats.write('warn', 'overloaded', { refused });
      clock.advance(20_000);
    }
    clock.advance(minute);
    expect(said().map(([, , { refused, repeated, times }]) => [refused, repeated ?? times])).to.deep.equal([
      [5, undefined],
      [16, 2],
      [21, 3],
    ]);
  });

  it('say what was counted when the process ends', () => {
    last(4);
    repeats.flush();
    expect(said().at(-1)).to.deep.equal(['warn', 'it fails', { reason: 'X', repeated: 3, seconds: 4 }]);
    clock.advance(10 * minute);
    expect(said()).to.deep.equal([]);
  });

  it('show each state within a minute, though it changes every second', () => {
    const fail = () => repeats.write('warn', 'no connection to Kafka', { reason: 'ECONNREFUSED', brokers: ['b'] });
    const succeed = () => repeats.end('info', 'connected to Kafka', { brokers: ['b'] });
    fail();
    clock.advance(1_000);
    succeed();
    expect(said().map(([, message]) => message)).to.deep.equal(['no connection to Kafka', 'connected to Kafka']);
    for (let n = 0; n < 5; n++) {
      fail();
      clock.advance(500);
      succeed();
    }
    fail();
    expect(said()).to.deep.equal([]);
    clock.advance(minute);
    expect(said().map(([, message, { repeated }]) => [message, repeated])).to.deep.equal([
      ['no connection to Kafka', 6],
    ]);
    succeed();
    expect(said().map(([, message]) => message)).to.deep.equal(['connected to Kafka']);
    clock.advance(flappingIsOver);
    fail();
    expect(said().map(([, message]) => message)).to.deep.equal(['no connection to Kafka']);
  });

  it('answer an operator each time', () => {
    for (let n = 0; n < 3; n++) {
      repeats.take('error', 'configuration not reloaded: the old one stays', { reason: 'a fault' });
      repeats.take('info', 'configuration reloaded', {});
    }
    expect(said()).to.have.length(6);
  });

  it('leave alone what is neither a warning nor an error', () => {
    for (let n = 0; n < 3; n++) repeats.take('info', 'topics created', { topics: ['a'] });
    expect(said()).to.have.length(3);
  });

  it('are over by a line of the same topic only', () => {
    const close = (topic: string) =>
      repeats.write('warn', 'lane closed: records go to the spool', { topic, reason: 'Kafka does not answer' });
    close('a');
    close('b');
    repeats.end('info', 'lane open: records go to Kafka', { topic: 'a' });
    clock.advance(flappingIsOver);
    said();
    close('a');
    close('b');
    expect(said().map(([, , { topic }]) => topic)).to.deep.equal(['a']);
  });

  it('are told apart from lines that end what nobody has begun', () => {
    repeats.end('info', 'connected to Kafka', {});
    repeats.end('info', 'connected to Kafka', {});
    expect(said()).to.have.length(2);
  });

  it('end by lines that there are', () => {
    const source = fileURLToPath(new URL('../../../../src', import.meta.url));
    for (const message of [...endings].flat(2)) {
      const found = execFileSync('grep', ['-rlF', '--exclude=causes.ts', `'${message}'`, source], {
        encoding: 'utf8',
      });
      expect(found, message).not.to.equal('');
    }
  });

  it('of whatever course lose no occurrence, and are at most one a minute for each cause', () => {
    const step = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 90_000 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        clock = new StepClock();
        const lines = new Map<unknown, { counted: number; readonly times: number[] }>();
        let ended = 0;
        const own = new Repeats((level, message, { topic, repeated, times }) => {
          if (level === 'debug') return;
          const known = lines.get(topic) ?? { counted: 0, times: [] };
          lines.set(topic, known);
          if (message.startsWith('ended')) {
            ended += Number(times);
            known.counted = 0;
          } else {
            if (repeated === undefined) ended += known.counted;
            known.counted = repeated === undefined ? 1 : known.counted + Number(repeated);
            known.times.push(clock.now());
          }
        }, clock);
        for (const [topic, pause] of steps) {
          own.write('error', 'it fails', { topic });
          clock.advance(pause);
        }
        own.flush();
        const open = [...lines.values()].reduce((sum, { counted }) => sum + counted, 0);
        expect(ended + open).to.equal(steps.length);
        for (const { times } of lines.values()) {
          // The last may be that of the flush.
          const pauses = times.slice(1, -1).map((time, index) => time - (times[index] ?? 0));
          expect(Math.min(minute, ...pauses)).to.be.at.least(minute);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('are known within bounds', () => {
    for (let n = 0; n < 2_000; n++) repeats.write('warn', 'it fails', { topic: `t${n}` });
    repeats.write('warn', 'it fails', { topic: 't1999' });
    expect(said()).to.have.length(2_000);
    repeats.write('warn', 'it fails', { topic: 't0' });
    expect(said()).to.have.length(1);
  });

  it('of strangers are joined where there are too many causes, so that the lines of a minute are bounded', () => {
    repeats = new Repeats((level, message, fields) => void written.push([level, message, fields]), clock, 'join');
    for (let round = 0; round < 10; round++) {
      for (let n = 0; n < 2_000; n++) {
        repeats.write('warn', 'delivery not proven', { endpoint: `e${n}`, reason: 'X', client: '192.0.2.1' });
      }
    }
    const lines = said();
    expect(lines).to.have.length(501);
    expect(lines.at(-1)?.[2]).to.deep.equal({ causes: 'more than 500', client: '192.0.2.1' });
    clock.advance(minute);
    const summed = said();
    expect(summed).to.have.length(501);
    expect(summed.at(-1)?.[2]).to.deep.include({ times: 15_000, clients: { '192.0.2.1': 14_999 } });
    repeats.write('warn', 'delivery not proven', { endpoint: 'e1999', reason: 'X' });
    expect(said().map(([, , { endpoint }]) => endpoint)).to.deep.equal(['e1999']);
  });
});

const flappingIsOver = 11_000;
