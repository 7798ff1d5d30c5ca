import { expect } from 'chai';
import fc from 'fast-check';
import type { Rule } from '../../../../src/core/model.js';
import { compileRule } from '../../../../src/core/rules/compile.js';
import { joinParts } from '../../../../src/core/rules/parts.js';

const bindings = {
  headers: {},
  endpoint: { name: 'shop', path: '/webhooks/shop' },
  deliveryId: 'dl1',
  digest: 'abc123',
};

function parts(...sources: readonly string[]): Rule {
  return joinParts(
    sources.map((source) => {
      const { rule } = compileRule(source);
      if (rule === undefined) throw new Error(`${source} does not compile`);
      return rule;
    }),
  );
}

describe('an id of several parts', () => {
  it('joins what is there', () => {
    expect(parts('type', 'n', 'live').evaluate({ type: 'a', n: 7, live: true }, bindings)).to.equal('a.7.true');
  });

  it('has the digest where a part is missing, null, empty, or no scalar', async () => {
    for (const payload of [{}, { n: null }, { n: '' }, { n: {} }, { n: [1, 2] }])
      expect(await parts('type', 'n').evaluate({ type: 'a', ...payload }, bindings)).to.equal('a.abc123');
  });

  it('waits for a part that cannot be decided at once', async () => {
    expect(await parts('type', '$join([a, b], "-")').evaluate({ type: 't', a: 'x', b: 'y' }, bindings)).to.equal(
      't.x-y',
    );
  });

  it('never contains an undefined part', () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant(undefined));
    fc.assert(
      fc.property(value, value, (a, b) => {
        const id = parts('a', 'b').evaluate({ a, b }, bindings);
        const text = (each: unknown) => (each === undefined || each === null || each === '' ? 'abc123' : String(each));
        expect(id).to.equal(`${text(a)}.${text(b)}`);
      }),
    );
  });
});

describe('digests in rules', () => {
  it('$digest is that of the item', () => {
    expect(compileRule('$digest').rule?.evaluate({}, bindings)).to.equal('abc123');
    expect(compileRule('$deliveryId').rule?.evaluate({}, bindings)).to.equal('dl1');
    expect(compileRule('type & "." & $digest').rule?.evaluate({ type: 'a' }, bindings)).to.equal('a.abc123');
  });

  it('$sha256 is lower-case hex, at once and through JSONata', async () => {
    // FIPS 180-2, appendix B.1.
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(compileRule('$sha256(a)').rule?.evaluate({ a: 'abc' }, bindings)).to.equal(abc);
    expect(await compileRule('$sha256($join(["a", "b", "c"]))').rule?.evaluate({}, bindings)).to.equal(abc);
    expect(compileRule('$sha256(a)').rule?.evaluate({}, bindings)).to.equal(undefined);
  });
});
