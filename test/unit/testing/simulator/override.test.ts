import { expect } from 'chai';
import { applyOverrides, parseOverride } from '../../../../src/testing/simulator/override.js';
import { makeRequest } from '../../../../src/testing/simulator/request.js';

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

  it('keeps the digits of numbers', () => {
    const overrides = ['id=820982911946154509', 'o={"amount":10.00,"n":1}'].flatMap(
      (text) => parseOverride(text) ?? [],
    );
    const changed = applyOverrides({ id: 1, old: 'x' }, overrides);
    const { body } = makeRequest('http://127.0.0.1/', { headers: {}, payload: changed });
    expect(body.toString()).to.equal('{"id":820982911946154509,"old":"x","o":{"amount":10.00,"n":1}}');
  });

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
