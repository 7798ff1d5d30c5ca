import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import { arities } from '../../../../src/core/rules/functions.js';

const source = readFileSync(createRequire(import.meta.url).resolve('jsonata'), 'utf8');

/** Fewest and most arguments that a signature such as `<s-nn?:s>` lets through (https://docs.jsonata.org/programming). */
function readArity(signature: string): [number, number] {
  const end = signature.lastIndexOf(':');
  const params = signature.slice(1, end < 0 ? -1 : end);
  const marks = [...params.matchAll(/(?:\([^)]*\)|[a-z](?:<(?:[^<>]|<[^<>]*>)*>)?)([-?+]?)/g)].map(([, mark]) => mark);
  const most = marks.includes('+') ? Number.POSITIVE_INFINITY : marks.length;
  return [marks.filter((mark) => mark === '' || mark === '+').length, most];
}

describe('the functions of JSONata', () => {
  it('are those of its source but $eval, with as many arguments', () => {
    const bound = [...source.matchAll(/staticFrame\.bind\('(\w+)', defineFunction\([\s\S]*?'(<[^']*>)'\)\)/g)];
    const found = bound.map(([, name = '', signature = '']) => [name, readArity(signature)] as const);
    // These two are bound anew for each evaluation.
    const all = [...found, ['now', [0, 2]] as const, ['millis', [0, 0]] as const];
    const allowed = all.filter(([name]) => name !== 'eval');
    expect([...arities].filter(([name]) => name !== 'sha256').sort()).to.deep.equal(allowed.sort());
  });
});
