import { expect } from 'chai';
import { createBudget } from '../../../src/stages/budget.js';

describe('the budget for unverified dead letters', () => {
  function count(take: (now: number) => boolean, now: number, tries: number): number {
    return Array.from({ length: tries }, () => take(now)).filter(Boolean).length;
  }

  it("gives a minute's worth at once, then as the time goes by", () => {
    const take = createBudget(() => 60);
    expect(count(take, 1_000, 100)).to.equal(60);
    expect(count(take, 1_999, 10)).to.equal(0);
    expect(count(take, 4_000, 10)).to.equal(3);
    expect(count(take, 1_000_000, 100)).to.equal(60);
  });

  it('gives nothing for a clock that goes back, and goes on from there', () => {
    const take = createBudget(() => 60);
    expect(count(take, 100_000, 60)).to.equal(60);
    expect(count(take, 50_000, 10)).to.equal(0);
    expect(count(take, 52_000, 10)).to.equal(2);
  });

  it('keeps what is taken when it becomes another', () => {
    let perMinute = 60;
    const take = createBudget(() => perMinute);
    expect(count(take, 1_000, 50)).to.equal(50);
    perMinute = 120;
    expect(count(take, 1_000, 100)).to.equal(10);
    expect(count(take, 2_000, 100)).to.equal(2);
    perMinute = 1;
    expect(count(take, 1_000_000, 100)).to.equal(1);
  });

  it('of zero keeps none', () => {
    expect(
      count(
        createBudget(() => 0),
        0,
        3,
      ),
    ).to.equal(0);
  });
});
