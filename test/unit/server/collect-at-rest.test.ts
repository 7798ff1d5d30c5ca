import { expect } from 'chai';
import sinon from 'sinon';
import { collectAtRest } from '../../../src/server/collect-at-rest.js';

/** Plays the looks of a gateway that has had so many deliveries by then; says at which of them it collects. */
function play(deliveries: readonly number[]): number[] {
  sinon.restore();
  const clock = sinon.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const collections: number[] = [];
  let index = 0;
  const stop = collectAtRest(
    () => deliveries[index] ?? 0,
    () => collections.push(index),
  );
  for (; index < deliveries.length; index++) clock.tick(5_000);
  stop();
  expect(clock.countTimers()).to.equal(0);
  return collections;
}

describe('collecting at rest', () => {
  afterEach(() => sinon.restore());

  it('happens twice, ten seconds after the last of many deliveries', () => {
    expect(play([5_000, 20_000, 20_000, 20_000, 20_000, 20_000, 20_000])).to.deep.equal([3, 4]);
  });

  it('does not happen while deliveries come', () => {
    expect(play([20_000, 20_000, 20_001, 20_001, 20_002, 20_002, 20_003])).to.deep.equal([]);
  });

  it('does not happen after few deliveries, and not again for few more', () => {
    expect(play([9_999, 9_999, 9_999, 9_999, 9_999])).to.deep.equal([]);
    expect(play([20_000, 20_000, 20_000, 20_000, 20_100, 20_100, 20_100, 20_100])).to.deep.equal([2, 3]);
  });

  it('begins again where it was interrupted', () => {
    expect(play([20_000, 20_000, 20_000, 20_001, 20_001, 20_001, 20_001])).to.deep.equal([2, 5, 6]);
  });
});
