import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { mutants as bounds, withoutBound } from '../../attack/mutants.js';
import { mutants } from '../../mutate/mutants.js';
import { mutate } from '../../mutate/plant.js';

describe('the faults of npm run mutate', () => {
  it('are twenty at least, each of another name', () => {
    expect(mutants.length).to.be.at.least(20);
    expect(new Set(mutants.map(({ fault }) => fault)).size).to.equal(mutants.length);
  });

  for (const mutant of mutants) {
    it(`can be planted: ${mutant.fault}`, () => {
      const source = readFileSync(mutant.file, 'utf8');
      expect(mutate(source, mutant)).to.not.equal(source);
      if (mutant.proof !== 'simulation') expect(readFileSync(mutant.proof, 'utf8')).to.include('it(');
    });
  }

  it('are refused where their text stands in a file twice, or not at all', () => {
    const mutant = { fault: 'x', file: 'f.ts', find: 'a', replace: 'b', proof: 'simulation' } as const;
    expect(mutate('1a2', mutant)).to.equal('1b2');
    for (const source of ['aa', 'none of it'.replace('a', '')])
      expect(() => mutate(source, mutant)).to.throw('once is needed');
  });
});

describe('the bounds of npm run attack', () => {
  for (const bound of bounds) {
    it(`can be removed: ${bound.bound}`, () => {
      const source = readFileSync(bound.file, 'utf8');
      expect(withoutBound(source, bound)).to.not.equal(source);
    });
  }
});
