import { expect } from 'chai';
import { findObjectId } from '../../../../src/core/stages/object-id.js';

describe('the object that a payload names', () => {
  const cases: readonly (readonly [string, unknown, string | undefined])[] = [
    [
      'of GitHub, an installation',
      { action: 'created', installation: { id: 42, account: { id: 7 } }, sender: { id: 9 } },
      '42',
    ],
    ['of Shopify, a shop', { shop_id: 954889, shop_domain: 'a.myshopify.com' }, '954889'],
    ['of Shopify, a customer before the shop', { shop_id: 954889, customer: { id: 191167, email: 'a@b.c' } }, '191167'],
    ['deep down', { event: 'x', payload: { payment: { downtime: { entity: { id: 'down_1' } } } } }, 'down_1'],
    ['and is not the event itself', { id: 'evt_1', data: { object: { id: 'ch_1' } } }, 'ch_1'],
    ['in a list', { id: 'evt_1', items: [{ id: 'a' }, { id: 'b' }] }, 'a'],
    ['by a reference', { id: 'evt_1', orderId: 12, at: 'now' }, '12'],
    ['nowhere', { type: 'ping', at: 'now', paid: true }, undefined],
    ['in no object', 'text', undefined],
    ['in an empty id', { id: '', object: { id: null } }, undefined],
  ];
  for (const [what, payload, expected] of cases) {
    it(what, () => expect(findObjectId(payload, 'evt_1')).to.equal(expected));
  }

  it('is looked for in a bounded part of a large payload', () => {
    const wide = { list: Array.from({ length: 100_000 }, () => ({ a: { b: {} } })), id: 'evt_1' };
    const began = process.cpuUsage();
    for (let round = 0; round < 100; round++) expect(findObjectId(wide, 'evt_1')).to.equal(undefined);
    expect(process.cpuUsage(began).user / 100).to.be.lessThan(20_000);
  });
});
