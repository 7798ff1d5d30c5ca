import { expect } from 'chai';
import fc from 'fast-check';
import { Counters, mergeCounters, minutesOf, percentileOf, rateOf } from '../../../src/inspector/counters.js';
import { makeActivity, mergeRows, mergeTail, placeOf } from '../../../src/inspector/merge.js';
import { answerQuestion } from '../../../src/inspector/questions.js';
import { Recorder } from '../../../src/inspector/recorder.js';
import { compareSeq, readCursor, readSeq, writeCursor, writeSeq } from '../../../src/inspector/seq.js';
import { mergeUnknown, UnknownPaths } from '../../../src/inspector/unknown-paths.js';
import { endpoint } from '../../support/provider.js';
import { acme, delivery, end, outcome, refused } from './support.js';

const minute = 60_000;
const start = 1_000 * minute;

describe('what is counted of an endpoint', () => {
  it('has the last 60 minutes by outcome', () => {
    const counters = new Counters(start);
    counters.count(start, 0, 5);
    counters.count(start + minute, 0, 5);
    counters.count(start + minute, 6, undefined);
    const minutes = minutesOf(counters.read(start + 2 * minute));
    expect(minutes).to.have.length(60);
    expect(minutes.slice(-3)).to.deep.equal([{ accepted: 1 }, { accepted: 1, refused: 1 }, {}]);
  });

  it('forgets what is older', () => {
    const counters = new Counters(start);
    counters.count(start, 0, 5);
    expect(minutesOf(counters.read(start + 59 * minute))[0]).to.deep.equal({ accepted: 1 });
    expect(minutesOf(counters.read(start + 60 * minute)).every((each) => Object.keys(each).length === 0)).to.equal(
      true,
    );
    counters.count(start + 1_000 * minute, 0, 5);
    expect(minutesOf(counters.read(start + 1_000 * minute)).at(-1)).to.deep.equal({ accepted: 1 });
  });

  it('tells latencies within a tenth, of the last five minutes', () => {
    const counters = new Counters(start);
    for (let ms = 1; ms <= 100; ms++) counters.count(start, 0, ms);
    const read = counters.read(start);
    expect(percentileOf(read, 0.5)).to.be.within(50, 55);
    expect(percentileOf(read, 0.99)).to.be.within(99, 109);
    expect(percentileOf(counters.read(start + 6 * minute), 0.5)).to.equal(undefined);
  });

  it('has a rate that takes as much of the minute before as belongs to it', () => {
    const counters = new Counters(start);
    for (let count = 0; count < 60; count++) counters.count(start, 0, 1);
    expect(rateOf(counters.read(start + minute), start + minute)).to.equal(1);
    expect(rateOf(counters.read(start + 1.5 * minute), start + 1.5 * minute)).to.equal(0.5);
  });

  it('is the same of several workers as of one that had it all', () => {
    const step = fc.record({
      worker: fc.nat({ max: 2 }),
      after: fc.nat({ max: 3 * minute }),
      outcome: fc.nat({ max: 8 }),
      ms: fc.nat({ max: 50 }),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let now = start;
        const one = new Counters(now);
        const several = [new Counters(now), new Counters(now), new Counters(now)];
        for (const { worker, after, outcome: place, ms } of steps) {
          now += after;
          one.count(now, place, ms);
          several[worker]?.count(now, place, ms);
        }
        const parts = several.map((each) => each.read(now));
        expect(mergeCounters(parts, now)).to.deep.equal(one.read(now));
      }),
    );
  });
});

describe('unknown paths', () => {
  it('are counted, with the path that was meant', () => {
    const unknown = new UnknownPaths();
    for (let count = 0; count < 12; count++) unknown.note('/webhook/acme', '203.0.113.7', start + count);
    unknown.note('/favicon.ico', '203.0.113.8', start);
    expect(mergeUnknown([unknown.read(), unknown.read()], ['/webhooks/acme'])).to.deep.equal({
      unknownRequests: 26,
      unknownPaths: [
        { path: '/webhook/acme', count: 24, last: new Date(start + 11).toISOString(), didYouMean: '/webhooks/acme' },
        { path: '/favicon.ico', count: 2, last: new Date(start).toISOString() },
      ],
    });
  });

  it('are not filled by one stranger', () => {
    const unknown = new UnknownPaths();
    for (let count = 0; count < 1_000; count++) unknown.note(`/scan/${count}`, '203.0.113.66', start);
    unknown.note('/webhook/acme', '203.0.113.7', start);
    const { paths, requests } = unknown.read();
    expect(paths.map(({ path }) => path))
      .to.include('/webhook/acme')
      .and.to.have.length(6);
    expect(requests).to.equal(1_001);
  });

  it('keep what is asked for often, however many strangers come', () => {
    const unknown = new UnknownPaths();
    unknown.note('/webhook/acme', '203.0.113.7', start);
    unknown.note('/webhook/acme', '203.0.113.7', start);
    for (let count = 0; count < 1_000; count++) unknown.note(`/scan/${count}`, `stranger ${count}`, start + count);
    const { paths } = unknown.read();
    expect(paths).to.have.length(100);
    expect(paths[0]?.path).to.equal('/webhook/acme');
  });

  it('are short and printable', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (path) => {
        const unknown = new UnknownPaths();
        unknown.note(`/${path}`, 'x', start);
        const [only] = unknown.read().paths;
        expect(Buffer.byteLength(only?.path ?? '')).to.be.at.most(80);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there.
        expect(only?.path).not.to.match(/[\x00-\x1f\x7f]/);
      }),
    );
  });
});

describe('the answers of several workers', () => {
  const workers = [
    new Recorder({ worker: 0, now: () => start + 58_500 }),
    new Recorder({ worker: 1, now: () => start + 58_500 }),
  ] as const;
  before(() => {
    for (let count = 0; count < 6; count++) {
      const receivedAt = start + count * 10_000;
      workers[count % 2 === 0 ? 0 : 1].note(end({ delivery: delivery({ id: `d-${count}`, receivedAt }) }));
    }
    workers[1].note(refused('body_timeout', { endpoint: endpoint({ name: 'gone', path: '/gone' }) }));
  });

  function parts(limit: number) {
    return workers.map((worker) => {
      const answer = answerQuestion(worker, { ask: 'rows', filter: {}, limit });
      if (answer.ask !== 'rows') throw new Error(answer.ask);
      return answer;
    });
  }

  it('are one list, newest first, with one histogram', () => {
    const list = mergeRows(parts(5), 5);
    expect(list.rows.slice(1).map(({ id }) => id)).to.deep.equal(['d-5', 'd-4', 'd-3', 'd-2']);
    expect(list.rows[0]?.reason).to.equal('body_timeout');
    expect(list).to.deep.include({ total: 7, kept: 7, step: 1_000, since: new Date(start).toISOString() });
    expect(list.histogram).to.have.length.at.most(60);
    const sum = list.histogram.flatMap(({ counts }) => Object.values(counts)).reduce((all, one) => all + (one ?? 0), 0);
    expect(sum).to.equal(7);
  });

  it('are one stream, and a cursor that knows of each', () => {
    const cursor = workers.map((_, worker) => ({ time: 0, worker, number: 0 }));
    const asked = workers.map((worker, slot) => {
      const answer = answerQuestion(worker, { ask: 'tail', filter: {}, limit: 3, after: placeOf(cursor, slot) });
      if (answer.ask !== 'tail') throw new Error(answer.ask);
      return answer;
    });
    const next = mergeTail(asked, 4);
    expect(next.lines.slice(0, 3).map((line) => JSON.parse(line).id)).to.deep.equal(['d-3', 'd-4', 'd-5']);
    expect(next.lines.map((line) => readSeq(JSON.parse(line).seq)?.worker)).to.deep.equal([1, 0, 1, 1]);
    expect(next.dropped).to.equal(3);
    expect(readCursor(writeCursor(next.cursor))).to.deep.equal(next.cursor);
  });

  it('are one activity, of the endpoints that are there', () => {
    const activity = makeActivity(
      { endpoints: [acme] },
      workers.map((worker) => worker.activity()),
      { now: start + 59_000, startedAt: 'then' },
    );
    const [only, ...others] = activity.endpoints;
    expect(others).to.deep.equal([]);
    expect(only?.minutes.at(-1)).to.deep.equal({ accepted: 6 });
    expect(only).to.deep.include({ endpoint: 'acme', lastEvent: new Date(start + 50_000).toISOString() });
    expect(only?.secretLastUsed.current).to.equal(new Date(start + 50_000).toISOString());
  });

  it('count the hits of routes over a reload', () => {
    const recorder = new Recorder();
    recorder.note(end());
    recorder.note(end({ endpoint: { ...acme }, outcome: outcome() }));
    expect(recorder.activity().endpoints[0]?.routes).to.deep.equal([
      { route: 'plugin.yaml:1 webhooks.acme', hits: 2, last: 1_000_000 },
    ]);
  });
});

describe('the place of a row', () => {
  it('is written and read as it was, and sorts as it should', () => {
    const seq = fc.record({ time: fc.nat(2 ** 40), worker: fc.nat(1_000), number: fc.nat(2 ** 40) });
    fc.assert(
      fc.property(seq, seq, (a, b) => {
        expect(readSeq(writeSeq(a))).to.deep.equal(a);
        expect(Math.sign(compareSeq(a, b))).to.equal(-Math.sign(compareSeq(b, a)) + 0);
      }),
    );
    expect(readSeq('x')).to.equal(undefined);
    expect(readCursor('1.0.1~nonsense')).to.equal(undefined);
  });
});
