import { expect } from 'chai';
import fc from 'fast-check';
import jsonata from 'jsonata';
import { compileRule } from '../../../../src/core/rules/compile.js';
import { compileDirect } from '../../../../src/core/rules/direct.js';
import { undecided } from '../../../../src/core/rules/getter.js';

const bindings = {
  headers: { 'x-event': 'push' },
  endpoint: { name: 'shop', path: '/webhooks/shop' },
  deliveryId: 'dl1',
  digest: 'd1',
};

/** Expressions over the names a, b, c, as texts. */
const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const part = tie('expression');
  const operator = fc.constantFrom('=', '!=', '&', '+', '-', '*', '<', '<=', '>', '>=', 'and', 'or');
  const name = fc.constantFrom('a', 'b', 'a.b', 'a.c', '$.c', '$headers.`x-event`', '$endpoint.name');
  const literal = fc.constantFrom('"x"', '""', "'1'", '0', '1', '1000', '2.5', '1e300', 'null', 'true', 'false');
  const call = fc.constantFrom('exists', 'not', 'string', 'lowercase', 'uppercase', 'type', 'fromMillis', 'length');
  return {
    expression: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      name,
      literal,
      fc.tuple(part, operator, part).map(([left, sign, right]) => `(${left} ${sign} ${right})`),
      fc.tuple(part, part, part).map(([condition, yes, no]) => `(${condition} ? ${yes} : ${no})`),
      fc.tuple(part, part).map(([condition, yes]) => `(${condition} ? ${yes})`),
      fc.tuple(call, part).map(([called, argument]) => `$${called}(${argument})`),
    ),
  };
});

const { payload } = fc.letrec((tie) => ({
  payload: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, 0, -0, 1, 1.1, 1e21, 1_700_000_000_123, -5, 'x', '', true, false, Number.POSITIVE_INFINITY),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('payload'), { noNullPrototype: true }),
    fc.array(tie('payload'), { maxLength: 2 }),
  ),
}));

async function outcome(evaluate: () => unknown): Promise<unknown> {
  try {
    const value = await evaluate();
    return { value: Array.isArray(value) ? Array.from(value) : value };
  } catch {
    return 'it fails';
  }
}

describe('a rule that is decided directly', () => {
  it('agrees with JSONata on every expression and payload', async () => {
    await fc.assert(
      fc.asyncProperty(expression, payload, async (source, input) => {
        const { rule } = compileRule(source);
        const bound = { headers: bindings.headers, endpoint: bindings.endpoint };
        const theirs = await outcome(() => jsonata(source).evaluate(input, bound));
        expect(await outcome(() => rule?.evaluate(input, bindings))).to.deep.equal(theirs);
        // The second time it may be remembered.
        expect(await outcome(() => rule?.evaluate(input, bindings))).to.deep.equal(theirs);
      }),
      { numRuns: 1_500 },
    );
  });

  for (const source of [
    '$fromMillis(created * 1000)',
    "$type(created) = 'number' ? $fromMillis(created * 1000) : created",
    'object = "v2.core.event"',
    'data.object.charge ? data.object.charge : data.object.id',
  ]) {
    it(`has ${source}`, () => {
      const direct = compileDirect(jsonata(source).ast(), source);
      const value = direct?.({ object: 'event', created: 1, data: { object: { id: 'ch_1' } } }, bindings);
      expect(value).not.to.equal(undefined);
      expect(value).not.to.equal(undecided);
    });
  }

  for (const source of [
    '$substringAfter(type, "/") & "." & $headers."x-event"',
    '$contains(type, /^pay/) ? $uppercase(type) : $replace(type, "a", "b")',
  ]) {
    it(`is evaluated once for each value of what it reads: ${source}`, async () => {
      const { rule } = compileRule(source);
      const first = rule?.evaluate({ type: 'a/paid', id: 1 }, bindings);
      expect(first).to.be.instanceOf(Promise);
      expect(rule?.evaluate({ type: 'a/paid', id: 2 }, bindings)).to.be.instanceOf(Promise);
      expect(rule?.evaluate({ type: 'a/paid', id: 2 }, bindings)).to.be.instanceOf(Promise);
      const value: unknown = await first;
      expect(rule?.evaluate({ type: 'a/paid', id: 2 }, bindings)).to.equal(value);
      const other: unknown = await rule?.evaluate({ type: 'b/paid' }, bindings);
      const bound = { headers: bindings.headers, endpoint: bindings.endpoint };
      expect(other).to.equal(await jsonata(source).evaluate({ type: 'b/paid' }, bound));
    });
  }

  it('is not remembered for a payload that stands in for an argument', async () => {
    const { rule } = compileRule('$fromMillis($headers."x-event")');
    expect(await outcome(() => rule?.evaluate(1, bindings))).to.deep.equal({ value: 'push' });
    expect(await outcome(() => rule?.evaluate({}, bindings))).to.equal('it fails');
  });

  for (const source of [
    '$contains("x")',
    '$lookup($, "a")',
    'a[0] & "x"',
    '$substring(a, 0, $random())',
    '$uppercase(*)',
  ]) {
    it(`is evaluated each time where it reads more than names: ${source}`, async () => {
      const { rule } = compileRule(source);
      await outcome(() => rule?.evaluate({ a: 'b' }, bindings));
      const again = rule?.evaluate({ a: 'b' }, bindings);
      expect(again).to.be.instanceOf(Promise);
      await outcome(() => again);
    });
  }

  for (const source of [
    'a[0]',
    'a.(b)',
    '$count(a)',
    '$now()',
    '($x := 1; $x)',
    'a{b: c}',
    '(a)[0]',
    '$string(a, true)',
  ]) {
    it(`leaves ${source} to JSONata`, () => {
      expect(compileDirect(jsonata(source).ast(), source)).to.equal(undefined);
    });
  }
});
