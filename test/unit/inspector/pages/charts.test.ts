import { expect } from 'chai';
import fc from 'fast-check';
import { describeSeries, stackBars } from '../../../../src/inspector/pages/state/charts.js';
import { merge, outcomes, sumTones, toneOf, total } from '../../../../src/inspector/pages/state/outcomes.js';

const counts = fc.dictionary(fc.constantFrom(...outcomes), fc.nat(10_000), { noNullPrototype: true });

describe('the bars of outcomes', () => {
  it('the highest is as high as the chart, but for its margin', () => {
    const [low, high] = stackBars([{ accepted: 5 }, { accepted: 10 }], { width: 20, height: 12 });
    expect(low).to.deep.equal({ tone: 'good', x: 0, y: 7, width: 9, height: 5 });
    expect(high).to.deep.equal({ tone: 'good', x: 10, y: 2, width: 9, height: 10 });
  });

  it('stand on one another, what is bad at the top; one of thousands can be seen', () => {
    const [good, bad] = stackBars([{ accepted: 9_999, unproven: 1 }], { width: 10, height: 50 });
    expect([good?.tone, bad?.tone]).to.deep.equal(['good', 'bad']);
    expect(bad?.height).to.equal(1);
    expect((bad?.y ?? 0) + 1).to.be.closeTo(good?.y ?? 0, 0.02);
  });

  it('stay within the chart', () => {
    fc.assert(
      fc.property(fc.array(counts, { maxLength: 60 }), (series) => {
        for (const { x, y, width, height } of stackBars(series, { width: 180, height: 28 })) {
          expect(Math.min(x, y)).to.be.at.least(0);
          expect(x + width).to.be.at.most(180.01);
          expect(y + height).to.be.at.most(28.01);
        }
      }),
    );
  });

  it('in words', () => {
    expect(describeSeries([{ accepted: 3 }, { unproven: 2 }], 'The last hour')).to.equal(
      'The last hour: 5 in all, at most 3 in one bar, 2 refused or dead',
    );
    expect(describeSeries([{}], 'The last hour')).to.equal('The last hour: none');
  });
});

describe('counts of outcomes', () => {
  it('sum up to the same by tone and together', () => {
    fc.assert(
      fc.property(fc.array(counts, { maxLength: 5 }), (series) => {
        const { good, note, bad } = sumTones(merge(series));
        expect(good + note + bad).to.equal(series.reduce((sum, each) => sum + total(each), 0));
      }),
    );
  });
  it('a word that is not known is a note', () => {
    expect([toneOf('accepted'), toneOf('toString'), toneOf('open')]).to.deep.equal(['good', 'note', 'note']);
  });
});
