import { expect } from 'chai';
import jsonata from 'jsonata';
import { holds } from '../../../../src/core/stages/condition.js';

describe('a condition', () => {
  const values = [true, false, 0, 1, -1, '', 'a', null, [], [0], [0, 1], [[]], {}, { a: 0 }, [{}], [{ a: 1 }]];
  for (const value of values) {
    it(`of ${JSON.stringify(value)} counts as JSONata counts it`, async () => {
      expect(holds(value)).to.equal(await jsonata('$boolean(v)').evaluate({ v: value }));
    });
  }

  it('of nothing is false', () => {
    expect(holds(undefined)).to.equal(false);
  });
});
