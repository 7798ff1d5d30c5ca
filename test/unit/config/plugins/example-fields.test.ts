import { expect } from 'chai';
import { lintExampleFields } from '../../../../src/config/plugins/example-fields.js';
import { isSlip } from '../../../../src/config/plugins/fields.js';
import { shapeAt, shapeOf } from '../../../../src/config/plugins/shape.js';
import { compileRule } from '../../../../src/core/rules/compile.js';

describe('a typo', () => {
  for (const [written, meant] of [
    ['amuont', 'amount'],
    ['idd', 'id'],
    ['iid', 'id'],
    ['tpye', 'type'],
    ['typ', 'type'],
    ['curency', 'currency'],
    ['createdAt', 'created_at'],
    ['paymentid', 'paymentId'],
  ] as const) {
    it(`is ${written}, for ${meant}`, () => expect(isSlip(written, meant)).to.equal(true));
  }
  for (const [written, other] of [
    ['id', 'id'],
    ['id', 'ip'],
    ['date', 'data'],
    ['name', 'names'],
    ['items', 'item'],
    ['line1', 'line2'],
    ['address_line1', 'address_line3'],
    ['code', 'mode'],
    ['refund_id', 'payment_id'],
  ] as const) {
    it(`is not ${written}, beside ${other}`, () => expect(isSlip(written, other)).to.equal(false));
  }
});

describe('fields of examples', () => {
  const shape = shapeOf([
    { data: { amount: 1, items: [{ sku: 'a' }, { price: 1 }] } },
    { data: { customer: { id: 1 }, empty: {} } },
  ]);
  const open = { type: 'object', properties: { data: { type: 'object', properties: { amonut: {} } } } };
  const lint = (source: string, schemas: readonly object[] = []) => {
    const { rule } = compileRule(source);
    if (rule === undefined) throw new Error(source);
    return lintExampleFields(rule, '/when', { shape, schemas }).map(({ within, hint }) => [
      source.slice(...(within ?? [0, 0])),
      hint,
    ]);
  };

  it('are known from all of them, lists as JSONata reads them', () => {
    expect([...(shapeAt(shape, ['data', 'items'])?.fields.keys() ?? [])]).to.deep.equal(['sku', 'price']);
    expect(shapeAt(shape, ['data', 'empty'])?.objects).to.equal(0);
    expect(shapeAt(shape, ['data', 'nothing'])).to.equal(undefined);
    expect(lint('data.items.prce > 1 or data.items[0].skus')).to.deep.equal([['prce', 'did you mean "price"?']]);
  });

  it('tell slips alone, each once, and none that a schema knows', () => {
    expect(lint('data.amonut > 1 ? data.amonut : data.custmer.id')).to.deep.equal([
      ['amonut', 'did you mean "amount"?'],
      ['custmer', 'did you mean "customer"?'],
    ]);
    expect(lint('data.amonut > 1', [open])).to.deep.equal([]);
    expect(lint('data.reason = "x" or data.empty.idd or data.nothing.idd')).to.deep.equal([]);
  });
});
