import { expect } from 'chai';
import fc from 'fast-check';
import { Rejection } from '../../../../src/core/rejection.js';
import { Rates } from '../../../../src/server/http/rates.js';

const day = 24 * 60 * 60 * 1000;
const open = { name: 'acme' };

describe('rates', () => {
  let rates: Rates;

  beforeEach(() => {
    rates = new Rates({ unprovenPerAddress: 10 }, (address) => address === '10.0.0.1');
  });

  /** The code of the rejection; undefined: it is let in. */
  function refusal(client: string, now: number, endpoint: Parameters<Rates['enter']>[0] = open): string | undefined {
    try {
      rates.enter(endpoint, client, now);
      return undefined;
    } catch (error) {
      if (error instanceof Rejection) return error.code;
      throw error;
    }
  }

  function fail(client: string, times: number, now: number): void {
    for (let n = 0; n < times; n++) rates.countUnproven(open, client, now);
  }

  it('refuses an address after a burst of ten seconds, and lets it in again as time passes', () => {
    fail('192.0.2.1', 99, 0);
    expect(refusal('192.0.2.1', 0)).to.equal(undefined);
    fail('192.0.2.1', 1, 0);
    expect(refusal('192.0.2.1', 0)).to.equal('address_rate_exceeded');
    expect(refusal('192.0.2.2', 0)).to.equal(undefined);
    expect(refusal('192.0.2.1', 100)).to.equal(undefined);
    fail('192.0.2.1', 1, 100);
    expect(refusal('192.0.2.1', 100)).to.equal('address_rate_exceeded');
  });

  it('takes a /64 network of IPv6 for one address', () => {
    for (let n = 0; n < 100; n++) rates.countUnproven(open, `2001:db8::${n.toString(16)}`, 0);
    expect(refusal('2001:db8:0:0:ffff::1', 0)).to.equal('address_rate_exceeded');
    expect(refusal('2001:db8:0:1::1', 0)).to.equal(undefined);
  });

  it('refuses nobody for a day who has proven a request, and no trusted proxy', () => {
    rates.countProven(open, '192.0.2.1', 0);
    fail('192.0.2.1', 1000, day - 1);
    expect(refusal('192.0.2.1', day - 1)).to.equal(undefined);
    expect(refusal('192.0.2.1', day)).to.equal('address_rate_exceeded');
    rates.countProven(open, '192.0.2.1', day);
    expect(refusal('192.0.2.1', day)).to.equal(undefined);
    fail('10.0.0.1', 1000, 0);
    expect(refusal('10.0.0.1', 0)).to.equal(undefined);
  });

  it('shuts nobody out for longer than ten seconds after the last request that was read', () => {
    fail('192.0.2.1', 100_000, 0);
    expect(refusal('192.0.2.1', 9_999)).to.equal('address_rate_exceeded');
    expect(refusal('192.0.2.1', 10_001)).to.equal(undefined);
  });

  it('takes no notice of requests that are counted out of order', () => {
    fail('192.0.2.1', 50, 10_000);
    fail('192.0.2.1', 1, 0);
    expect(refusal('192.0.2.1', 10_000)).to.equal(undefined);
    fail('192.0.2.1', 49, 10_000);
    expect(refusal('192.0.2.1', 0)).to.equal('address_rate_exceeded');
    expect(refusal('192.0.2.1', 10_000)).to.equal('address_rate_exceeded');
  });

  it('counts TLS handshakes of addresses that have proven nothing', () => {
    const begun = Array.from({ length: 105 }, () => rates.enterHandshake('192.0.2.1', 0));
    expect(begun.filter(Boolean)).to.have.length(100);
    expect(refusal('192.0.2.1', 0)).to.equal('address_rate_exceeded');
    rates.countProven(open, '192.0.2.2', 0);
    for (let n = 0; n < 1000; n++) expect(rates.enterHandshake('192.0.2.2', 0)).to.equal(true);
    for (let n = 0; n < 1000; n++) expect(rates.enterHandshake('10.0.0.1', 0)).to.equal(true);
    expect(rates.remembered).to.deep.equal({ unproven: 1, proven: 1 });
  });

  it('goes by new limits at once', () => {
    fail('192.0.2.1', 100, 0);
    rates.limits = { unprovenPerAddress: 20 };
    expect(refusal('192.0.2.1', 0)).to.equal(undefined);
  });

  it('does not count at an endpoint with allow', () => {
    const allowed = { name: 'allowed', allow: [] };
    for (let n = 0; n < 1000; n++) rates.countUnproven(allowed, '192.0.2.1', 0);
    expect(refusal('192.0.2.1', 0)).to.equal(undefined);
    fail('192.0.2.1', 100, 0);
    expect(refusal('192.0.2.1', 0, allowed)).to.equal(undefined);
  });

  it('remembers 10,000 senders, and strangers push out none that has proven something', () => {
    rates.countProven(open, '192.0.2.1', 0);
    fail('192.0.2.1', 200, 0);
    for (let n = 0; n < 30_000; n++) fail(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, 1, 0);
    fail('192.0.2.1', 200, 0);
    expect(refusal('192.0.2.1', 0)).to.equal(undefined);
    expect(rates.remembered).to.deep.equal({ unproven: 10_000, proven: 1 });
    for (let n = 0; n < 30_000; n++) rates.countProven(open, `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, 0);
    expect(rates.remembered).to.deep.equal({ unproven: 10_000, proven: 10_000 });
  });

  it('lets an endpoint take its rate on average, however requests come and whatever strangers send', () => {
    const step = fc.record({ wait: fc.integer({ min: 0, max: 3_000 }), requests: fc.integer({ min: 1, max: 60 }) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 100 }), fc.integer({ min: 1, max: 20 }), (steps, rate) => {
        rates = new Rates({ unprovenPerAddress: 1_000_000 }, () => false);
        const endpoint = { name: 'slow', rate };
        let now = 0;
        let taken = 0;
        for (const { wait, requests } of steps) {
          now += wait;
          for (let n = 0; n < requests; n++) {
            rates.countUnproven(endpoint, '192.0.2.66', now);
            if (refusal('192.0.2.1', now, endpoint) !== undefined) continue;
            rates.countProven(endpoint, '192.0.2.1', now);
            taken++;
          }
        }
        const all = steps.reduce((sum, { requests }) => sum + requests, 0);
        const most = rate * 10 + 1 + (now / 1000) * rate;
        expect(taken).to.be.at.most(most);
        expect(taken).to.be.at.least(Math.min(all, rate * 10));
      }),
    );
  });
});
