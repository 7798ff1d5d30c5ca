import { expect } from 'chai';
import fc from 'fast-check';
import jsonata from 'jsonata';
import { type Rule, RuleError } from '../../../../src/core/model.js';
import { compileRule } from '../../../../src/core/rules/compile.js';
import { functionNames } from '../../../../src/core/rules/functions.js';

const bindings = {
  headers: { 'x-event': 'push' },
  endpoint: { name: 'shop', path: '/webhooks/shop' },
  deliveryId: 'dl1',
  digest: 'd1',
};

function compile(source: string): Rule {
  const { rule, fault } = compileRule(source);
  if (rule === undefined) throw new Error(fault?.message ?? 'no rule');
  return rule;
}

async function failure(source: string, input: unknown): Promise<RuleError> {
  try {
    await compile(source).evaluate(input, bindings);
  } catch (error) {
    if (error instanceof RuleError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('a rule', () => {
  it('reads a path at once', () => {
    expect(compile('a.b.c').evaluate({ a: { b: { c: 7 } } }, bindings)).to.equal(7);
    expect(compile('a.b').evaluate({ a: null }, bindings)).to.equal(undefined);
    expect(compile('constructor.name').evaluate({}, bindings)).to.equal(undefined);
    expect(compile('length').evaluate('abc', bindings)).to.equal(undefined);
  });

  it('reads headers and endpoint at once', () => {
    expect(compile('$headers."x-event"').evaluate(undefined, bindings)).to.equal('push');
    expect(compile('$endpoint.name').evaluate({}, bindings)).to.equal('shop');
  });

  it('maps over arrays as JSONata does', async () => {
    expect(await compile('a.b').evaluate({ a: [{ b: 1 }, { b: 2 }] }, bindings)).to.deep.equal([1, 2]);
    expect(await compile('a').evaluate([{ a: 1 }], bindings)).to.equal(1);
  });

  it('agrees with JSONata on every path', async () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(null, 0, 'x', true),
        fc.dictionary(key, tie('value'), { noNullPrototype: true }),
        fc.array(tie('value'), { maxLength: 3 }),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(value, fc.array(key, { minLength: 1, maxLength: 3 }), async (input, names) => {
        const source = names.join('.');
        const ours = await compile(source).evaluate(input, bindings);
        const theirs: unknown = await jsonata(source).evaluate(input);
        expect(ours).to.deep.equal(Array.isArray(theirs) ? Array.from(theirs) : theirs);
      }),
      { numRuns: 60 },
    );
  });

  it('evaluates conditions, functions and regexes', async () => {
    const input = { data: { object: { id: 'ch_1', payment_intent: null, amount: 5 } }, created: 0 };
    expect(
      await compile('data.object.payment_intent ? data.object.payment_intent : data.object.id').evaluate(
        input,
        bindings,
      ),
    ).to.equal('ch_1');
    expect(await compile('$fromMillis(created * 1000)').evaluate(input, bindings)).to.equal('1970-01-01T00:00:00.000Z');
    expect(await compile('$match("a1b22", /[0-9]+/).match').evaluate(input, bindings)).to.deep.equal(['1', '22']);
    expect(await compile('$replace("AbAb", /b(?<x>a)/i, "<$1>")').evaluate(input, bindings)).to.equal('A<A>b');
    expect(await compile('$contains("äé1", /é\\d$/)').evaluate(input, bindings)).to.equal(true);
  });

  it('fails without a word of the payload', async () => {
    const error = await failure('card + 1', { card: 'secret number' });
    expect(error.reason).to.equal('T2001');
    expect(error.message).to.equal('a value is of the wrong type at character 6 (T2001)');
    expect(String((await failure('$error(card)', { card: 'secret number' })).message)).to.equal(
      'it calls $error at character 7 (D3137)',
    );
  });

  it('stops recursion, loops and long arrays', async () => {
    expect((await failure('($f := function($n) { 1 + $f($n + 1) }; $f(0))', {})).reason).to.equal('depth');
    expect((await failure('($f := function($n) { $f($n + 1) }; $f(0))', {})).reason).to.equal('timeout');
    expect((await failure('[1..1000000]', {})).reason).to.equal('length');
  });

  it('matches in linear time', async () => {
    const started = process.hrtime.bigint();
    expect(await compile('$contains(text, /^(a+)+$/)').evaluate({ text: `${'a'.repeat(5000)}!` }, bindings)).to.equal(
      false,
    );
    expect(Number(process.hrtime.bigint() - started) / 1e6).to.be.below(1500);
  });
});

describe('the text of a rule', () => {
  const cases: readonly [string, string, string | undefined, string?][] = [
    ['a.', 'expr-syntax', '.'],
    ['a b', 'expr-syntax', 'b'],
    ['"x', 'expr-syntax', 'x'],
    ['', 'expr-syntax', undefined],
    ['$contains(a, /(/)', 'expr-syntax', undefined],
    ['1 + $uppercas(a)', 'expr-unknown-function', '$uppercas', 'did you mean $uppercase?'],
    ['a ~> $trimm', 'expr-unknown-function', '$trimm', 'did you mean $trim?'],
    ['$header.x', 'expr-unknown-variable', '$header', 'did you mean $headers?'],
    ['$contains(a, /(?=b)/)', 'expr-regex-unsafe', '/(?=b)/'],
    ['$contains(a, /(b)\\1/i)', 'expr-regex-unsafe', '/(b)\\1/i'],
  ];
  for (const [source, rule, part, hint] of cases) {
    it(`${JSON.stringify(source)} is ${rule}`, () => {
      const { fault } = compileRule(source);
      expect(fault?.rule).to.equal(rule);
      if (part !== undefined) expect(source.slice(...(fault?.within ?? [0, 0]))).to.equal(part);
      if (hint !== undefined) expect(fault?.hint).to.equal(hint);
    });
  }

  it('may define its own functions and variables', () => {
    for (const source of [
      '($f := function($x) { $x }; $f(1))',
      'a#$i.($i)',
      'a@$b.($b)',
      '$map(a, function($v, $i) { $v + $i })',
      '$$.a',
    ])
      expect(compileRule(source).fault, source).to.equal(undefined);
  });

  it('may use every function of JSONata', async () => {
    for (const name of functionNames.filter((each) => each !== 'sha256'))
      expect(await jsonata(`$type($${name})`).evaluate({}), name).to.equal('function');
  });
});
