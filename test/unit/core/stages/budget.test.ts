import { expect } from 'chai';
import { createBudget, type Reservation } from '../../../../src/core/stages/budget.js';

describe('the budget for unverified dead letters', () => {
  type Take = ReturnType<typeof createBudget>;
  const megabyte = 1_000_000;

  function of(perMinute: number, bytesPerMinute = 1_000 * megabyte, endpoints = 1) {
    return { perMinute, bytesPerMinute, endpoints };
  }

  let senders = 0;
  /** Each from another address, unless one is given. */
  function count(take: Take, now: number, tries: number, claim: Partial<Reservation> = {}): number {
    const one = () => ({ endpoint: 'acme', client: `192.0.2.${senders++}`, bytes: 10, ...claim });
    return Array.from({ length: tries }, () => take(now, one())).filter(Boolean).length;
  }

  it("gives a minute's worth at once, then as the time goes by", () => {
    const take = createBudget(() => of(60));
    expect(count(take, 1_000, 100)).to.equal(60);
    expect(count(take, 1_999, 10)).to.equal(0);
    expect(count(take, 4_000, 10)).to.equal(3);
    expect(count(take, 1_000_000, 100)).to.equal(60);
  });

  it('gives nothing for a clock that goes back, and goes on from there', () => {
    const take = createBudget(() => of(60));
    expect(count(take, 100_000, 60)).to.equal(60);
    expect(count(take, 50_000, 10)).to.equal(0);
    expect(count(take, 52_000, 10)).to.equal(2);
  });

  it('keeps what is taken when it becomes another', () => {
    let perMinute = 60;
    const take = createBudget(() => of(perMinute));
    expect(count(take, 1_000, 50)).to.equal(50);
    perMinute = 120;
    expect(count(take, 1_000, 100)).to.equal(10);
    expect(count(take, 2_000, 100)).to.equal(2);
    perMinute = 1;
    expect(count(take, 1_000_000, 100)).to.equal(1);
  });

  it('of zero keeps none, of one keeps one', () => {
    const none = createBudget(() => of(0));
    const one = createBudget(() => of(1, megabyte, 2));
    expect([count(none, 0, 3), count(one, 0, 3)]).to.deep.equal([0, 1]);
  });

  it('counts bytes: what is larger than the rest is kept, and then nothing until that is made up for', () => {
    const take = createBudget(() => of(1_000, 2 * megabyte));
    expect(count(take, 0, 100, { bytes: megabyte / 4 })).to.equal(8);
    expect(count(take, 30_000, 100, { bytes: 3 * megabyte })).to.equal(1);
    expect(count(take, 89_000, 100)).to.equal(0);
    expect(count(take, 91_000, 1)).to.equal(1);
    expect(count(take, 900_000, 100, { bytes: 100 * megabyte })).to.equal(1);
  });

  it('gives one sender half of it, be it by many addresses of one IPv6 network', () => {
    const take = createBudget(() => of(60, 2 * megabyte));
    expect(count(take, 0, 100, { client: '198.51.100.1' })).to.equal(30);
    expect(count(take, 0, 100, { client: '198.51.100.2', bytes: megabyte / 2 })).to.equal(2);
    const network = createBudget(() => of(60));
    const taken = Array.from({ length: 100 }, (_, n) => count(network, 0, 1, { client: `2001:db8:0:1::${n}` }));
    expect(taken.reduce((sum, each) => sum + each)).to.equal(30);
    expect(count(network, 0, 100, { client: '2001:db8:0:2::1' })).to.equal(30);
  });

  it('gives one of several endpoints half of it, whoever it is', () => {
    const take = createBudget(() => of(60, 2 * megabyte, 2));
    expect(count(take, 0, 1_000)).to.equal(30);
    expect(count(take, 0, 1_000, { endpoint: 'other' })).to.equal(30);
    const bytes = createBudget(() => of(60, 2 * megabyte, 2));
    expect(count(bytes, 0, 100, { bytes: megabyte / 4 })).to.equal(4);
    expect(count(bytes, 0, 100, { bytes: megabyte / 4, endpoint: 'other' })).to.equal(4);
  });

  it('remembers the senders of late, not all', () => {
    const take = createBudget(() => of(1_000_000));
    for (let n = 0; n < 5_000; n++) take(0, { endpoint: 'acme', client: `2001:db8:${n.toString(16)}::1`, bytes: 1 });
    expect(count(take, 0, 10)).to.equal(10);
  });
});
