import { expect } from 'chai';
import { assert, constantFrom, property } from 'fast-check';
import jsonata from 'jsonata';
import { parseNames } from '../../../../src/core/rules/simple-path.js';

const words = [
  'a',
  'id',
  'data',
  'object_id',
  'Type',
  '_x9',
  'and',
  'or',
  'in',
  'true',
  'null',
  'function',
  '1a',
  'ä',
  '',
];
const joints = ['.', '.', '.', ' . ', '[0].', '..', '-', '$', '`', '\n'];

describe('a path of plain names', () => {
  it('gets the tree that JSONata makes of it', () => {
    const word = constantFrom(...words);
    const joint = constantFrom(...joints);
    let read = 0;
    assert(
      property(word, joint, word, joint, word, (a, j, b, k, c) => {
        for (const source of [a, a + j + b, a + j + b + k + c]) {
          const tree = parseNames(source);
          if (tree === undefined) continue;
          read++;
          expect(JSON.parse(JSON.stringify(jsonata(source).ast()))).to.deep.equal(tree);
        }
      }),
      { numRuns: 500 },
    );
    expect(read).to.be.above(100);
  });
});
