import { expect } from 'chai';
import fc from 'fast-check';
import {
  emptyTail,
  mostLive,
  reduceTail,
  type Tail,
  type TailAction,
} from '../../../../src/inspector/pages/state/tail.js';

interface Row {
  readonly seq: string;
}

/** Newest first. */
const rows = (...seqs: readonly number[]): readonly Row[] => seqs.map((seq) => ({ seq: String(seq) }));
const run = (...actions: readonly TailAction<Row>[]): Tail<Row> => actions.reduce<Tail<Row>>(reduceTail, emptyTail);
const seqs = (list: readonly Row[]): number[] => list.map(({ seq }) => Number(seq));

describe('the live tail', () => {
  it('shows what comes above what was loaded', () => {
    const tail = run({ type: 'loaded', rows: rows(2, 1) }, { type: 'arrived', rows: rows(4, 3) });
    expect(seqs(tail.rows)).to.deep.equal([4, 3, 2, 1]);
    expect(tail.arrived).to.equal(2);
  });

  it('keeps back what comes while it is paused, and shows it when it goes on', () => {
    const paused = run(
      { type: 'loaded', rows: rows(1) },
      { type: 'pause' },
      { type: 'arrived', rows: rows(2) },
      { type: 'arrived', rows: rows(4, 3) },
    );
    expect([seqs(paused.rows), seqs(paused.waiting)]).to.deep.equal([[1], [4, 3, 2]]);
    const resumed = reduceTail(paused, { type: 'resume' });
    expect([seqs(resumed.rows), seqs(resumed.waiting)]).to.deep.equal([[4, 3, 2, 1], []]);
  });

  it('counts what was left out, until the list is loaded again', () => {
    const tail = run({ type: 'dropped', count: 3 }, { type: 'dropped', count: 4 });
    expect(tail.dropped).to.equal(7);
    expect(reduceTail(tail, { type: 'loaded', rows: [] }).dropped).to.equal(0);
  });

  it('adds older rows below, each once', () => {
    const tail = run({ type: 'loaded', rows: rows(9, 8) }, { type: 'older', rows: rows(8, 7) });
    expect(seqs(tail.rows)).to.deep.equal([9, 8, 7]);
  });

  it('shows each row once, the newest first, and no more than fit, whatever happens', () => {
    const batch = fc.integer({ min: 1, max: 300 });
    const step = fc.oneof(
      batch.map((count) => ({ type: 'arrived', count }) as const),
      fc.constant({ type: 'repeated' } as const),
      fc.constantFrom({ type: 'pause' } as const, { type: 'resume' } as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let next = 1;
        let last: readonly Row[] = [];
        let tail: Tail<Row> = emptyTail;
        for (const each of steps) {
          if (each.type === 'arrived') {
            last = rows(...Array.from({ length: each.count }, () => next++)).toReversed();
            tail = reduceTail(tail, { type: 'arrived', rows: last });
          } else tail = reduceTail(tail, each.type === 'repeated' ? { type: 'arrived', rows: last } : each);
        }
        const all = seqs([...tail.waiting, ...tail.rows]);
        expect(all).to.deep.equal([...new Set(all)].sort((a, b) => b - a));
        expect(tail.rows.length).to.be.at.most(mostLive);
        expect(tail.arrived).to.equal(next - 1);
        // Nothing is missing between the newest and the oldest, but for what is said to be left out.
        const span = all.length === 0 ? 0 : (all[0] ?? 0) - (all.at(-1) ?? 0) + 1;
        expect(span - all.length).to.be.at.most(tail.dropped);
      }),
      { numRuns: 50 },
    );
  });
});
