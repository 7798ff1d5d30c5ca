import { expect } from 'chai';
import { schemeOfCase } from './schemes.js';
import { outcomeOf, readVectors, refusal } from './vectors.js';

describe('signature vectors of the providers', () => {
  const vectors = readVectors();

  it('there are 274, for 50 schemes', () => {
    expect(vectors).to.have.length(274);
    expect(new Set(vectors.map(({ provider }) => provider)).size).to.equal(50);
  });

  for (const vector of vectors) {
    it(`${vector.provider}: ${vector.case} is ${vector.valid ? 'proven' : 'refused'} (${vector.why})`, () => {
      const outcome = outcomeOf(vector, schemeOfCase(vector.provider));
      if (vector.valid) expect(outcome).to.equal('verified');
      else expect(outcome).to.match(refusal);
    });
  }
});
