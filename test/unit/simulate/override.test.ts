import { expect } from 'chai';
import { applyOverrides, parseOverride } from '../../../src/simulate/override.js';

describe('simulate/override', () => {
  const cases: readonly [string, unknown][] = [
    ['a.b=1', { path: ['a', 'b'], value: 1 }],
    ['a=text', { path: ['a'], value: 'text' }],
    ['a="1"', { path: ['a'], value: '1' }],
    ['a={"x":[null]}', { path: ['a'], value: { x: [null] } }],
    ['a=', { path: ['a'], value: '' }],
    ['a=b=c', { path: ['a'], value: 'b=c' }],
    ['a', undefined],
    ['=1', undefined],
  ];
  for (const [text, expected] of cases) {
    it(`reads ${text}`, () => expect(parseOverride(text)).to.deep.equal(expected));
  }

  it('puts several in, and leaves the payload alone', () => {
    const payload = { data: { amount: 1, lines: [{ id: 'x' }] } };
    const changed = applyOverrides(payload, [
      { path: ['data', 'amount'], value: 500 },
      { path: ['data', 'lines', '0', 'id'], value: 'y' },
      { path: ['metadata', 'order'], value: 'A1' },
    ]);
    expect(changed).to.deep.equal({ data: { amount: 500, lines: [{ id: 'y' }] }, metadata: { order: 'A1' } });
    expect(payload).to.deep.equal({ data: { amount: 1, lines: [{ id: 'x' }] } });
  });
});
