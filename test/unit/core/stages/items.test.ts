import { expect } from 'chai';
import type { VerifiedDelivery } from '../../../../src/core/model.js';
import { Rejection } from '../../../../src/core/rejection.js';
import { split } from '../../../../src/core/stages/items.js';
import { delivery, provider } from '../../../support/provider.js';

function pointersOf(items: string, body: string): readonly string[] {
  const proven = { ...delivery(body), proof: { secret: 'current' } } as VerifiedDelivery;
  const found = split(provider({ items }), { delivery: proven, text: body, value: JSON.parse(body) });
  return found.map(({ pointer, bytes }) => `${pointer} ${bytes}`);
}

describe('a batch in an object of lists', () => {
  it('has the elements of every list, in order', () => {
    const body = '{"cards":[{"n": 1.0},{"n":2}],"a/b~":[3],"none":[]}';
    expect(pointersOf('/*/*', body)).to.deep.equal(['/cards/0 {"n": 1.0}', '/cards/1 {"n":2}', '/a~1b~0/0 3']);
  });

  it('is malformed where a member is no list', () => {
    expect(() => pointersOf('/*/*', '{"cards":[],"version":2}'))
      .to.throw(Rejection)
      .with.property('code', 'batch_malformed');
  });
});
