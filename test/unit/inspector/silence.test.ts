import { expect } from 'chai';
import { findSilence } from '../../../src/inspector/silence.js';

const now = Date.parse('2026-11-30T12:00:00Z');
const ago = (minutes: number) => new Date(now - minutes * 60_000).toISOString();
/** 60 minutes: so many deliveries in each of some, then none in the last ones. */
const hour = (each: number, busy: number, quiet: number) =>
  Array.from({ length: 60 }, (_, index) =>
    index >= 60 - quiet - busy && index < 60 - quiet ? { accepted: each } : {},
  );

describe('the silence of an endpoint', () => {
  it('is told where many deliveries would have come', () => {
    expect(findSilence(hour(4, 50, 5), ago(5), now)).to.deep.equal({ seconds: 300, expected: 20 });
  });
  it('is chance where few would have', () => {
    expect(findSilence(hour(1, 50, 5), ago(5), now)).to.equal(undefined);
  });
  it('is none while events come, before the first, and where the last hour had none', () => {
    expect(findSilence(hour(100, 60, 0), ago(0.5), now)).to.equal(undefined);
    expect(findSilence(hour(0, 60, 0), undefined, now)).to.equal(undefined);
    expect(findSilence(hour(0, 60, 0), ago(10), now)).to.equal(undefined);
    expect(findSilence(hour(0, 60, 0), ago(90), now)).to.equal(undefined);
  });
  it('bursts are no rate, nor are the first minutes', () => {
    expect(findSilence(hour(1_000, 14, 2), ago(2), now)).to.equal(undefined);
    const bursts = Array.from({ length: 60 }, (_, index) => (index % 3 === 0 && index < 55 ? { accepted: 1_000 } : {}));
    expect(findSilence(bursts, ago(5), now)).to.equal(undefined);
  });
});
