import { expect } from 'chai';
import { percentile, SendTally } from '../../../../src/testing/simulator/tally.js';

describe('simulate/percentile', () => {
  it('is the nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect([50, 95, 99, 100].map((percent) => percentile(hundred, percent))).to.deep.equal([50, 95, 99, 100]);
    expect(percentile([7], 50)).to.equal(7);
    expect(percentile([1, 2, 3], 50)).to.equal(2);
    expect(percentile([], 50)).to.equal(undefined);
  });
});

describe('simulate/tally', () => {
  it('counts outcomes', () => {
    const tally = new SendTally();
    for (let sent = 0; sent < 5; sent++) tally.begin();
    tally.answered({ status: 200, body: { status: 'dead_lettered' } }, 1);
    tally.answered({ status: 204, body: '' }, 3);
    tally.answered({ status: 503, body: { status: 'unavailable' } }, 2.04);
    tally.failed('ECONNRESET');
    expect(tally.summary()).to.deep.equal({
      sent: 5,
      accepted: 2,
      deadLettered: 1,
      rejected: { 503: 1 },
      failed: { ECONNRESET: 1 },
      milliseconds: { p50: 2, p95: 3, p99: 3, max: 3 },
    });
  });

  it('is hopeless while nothing but failures came', () => {
    const tally = new SendTally();
    expect(tally.hopeless).to.equal(false);
    tally.failed('ECONNREFUSED');
    expect(tally.hopeless).to.equal(true);
    expect(tally.summary()).not.to.have.property('milliseconds');
    tally.answered({ status: 200, body: '' }, 1);
    expect(tally.hopeless).to.equal(false);
  });
});
