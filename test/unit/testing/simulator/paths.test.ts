import { expect } from 'chai';
import { itemPaths, putAt, valueAt } from '../../../../src/util/json/paths.js';

describe('simulate/paths', () => {
  it('reads through objects and arrays', () => {
    const payload = { data: { lines: [{ id: 'a' }, { id: 'b' }] } };
    expect(valueAt(payload, ['data', 'lines', '1', 'id'])).to.equal('b');
    expect(valueAt(payload, ['data', 'lines', '2', 'id'])).to.equal(undefined);
    expect(valueAt('text', ['length'])).to.equal(undefined);
  });

  it('puts values in, making objects on the way and keeping arrays', () => {
    expect(putAt({}, ['a', 'b', 'c'], 1)).to.deep.equal({ a: { b: { c: 1 } } });
    expect(putAt({ a: [1, 2] }, ['a', '1'], 'x')).to.deep.equal({ a: [1, 'x'] });
    expect(putAt({ a: 'text' }, ['a', 'b'], 1)).to.deep.equal({ a: { b: 1 } });
  });

  it('takes __proto__ for a key like any other', () => {
    const payload = putAt({}, ['__proto__', 'polluted'], true);
    expect(JSON.stringify(payload)).to.equal('{"__proto__":{"polluted":true}}');
    expect(Object.prototype).not.to.have.property('polluted');
  });

  it('finds the items of a batch', () => {
    const batch = { items: [{ Item: { id: 1 } }, { Item: { id: 2 } }, {}] };
    expect(itemPaths(batch, '/items/*/Item')).to.deep.equal([
      ['items', '0', 'Item'],
      ['items', '1', 'Item'],
    ]);
    expect(itemPaths(batch)).to.deep.equal([[]]);
    expect(itemPaths({ 'a/b': { x: 1 } }, '/a~1b')).to.deep.equal([['a/b']]);
  });
});
