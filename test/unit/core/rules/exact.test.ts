import { expect } from 'chai';
import fc from 'fast-check';
import jsonata from 'jsonata';
import { compileRule } from '../../../../src/core/rules/compile.js';
import { compileDirect } from '../../../../src/core/rules/direct.js';
import { makeExact } from '../../../../src/core/rules/exact-tree.js';
import { joinParts } from '../../../../src/core/rules/parts.js';
import { ExactNumber } from '../../../../src/util/json/number.js';
import { withExactNumbers } from '../../../../src/util/json/parse.js';
import { decimalTexts, numberTexts, scaled } from '../../../support/number-texts.js';

const around = {
  headers: { 'x-event': 'push' },
  endpoint: { name: 'shop', path: '/webhooks/shop' },
  deliveryId: 'dl1',
  digest: 'd1',
};

function ruleOf(source: string) {
  const { rule, fault } = compileRule(source);
  if (rule === undefined) throw new Error(`${source}: ${fault?.message}`);
  return rule;
}

/** The value of a rule for a JSON text; an exact number as `#` and its text. */
async function evaluated(source: string, text: string): Promise<unknown> {
  const input: unknown = JSON.parse(text);
  return show(await ruleOf(source).evaluate(input, { ...around, exact: withExactNumbers(text, input) }));
}

function show(value: unknown): unknown {
  if (value instanceof ExactNumber) return `#${value}`;
  return Array.isArray(value) ? value.map(show) : value;
}

const big = '820982911946154508';
const next = '820982911946154509';
const order = `{"id":${big},"other":${next},"amount":10000.00,"n":2,"t":"x","lines":[{"id":${next},"price":1.50},{"id":7,"price":2}]}`;

/** Rule → its value for the order. */
const table: { readonly [source: string]: unknown } = {
  id: `#${big}`,
  amount: '#10000.00',
  n: 2,
  't & "." & id': `x.${big}`,
  'id & amount & n': `${big}10000.002`,
  '$string(id)': big,
  '$string(amount)': '10000.00',
  '$string(n)': '2',
  '(id)': `#${big}`,
  'missing ? missing : id': `#${big}`,
  'n ? $string(id) : t': big,
  '$sha256($string(amount))': '7a2f5b0c',
  'id = other': false,
  'id != other': true,
  'id = id': true,
  [`id = ${big}`]: true,
  [`id = ${next}`]: false,
  [`id < ${next}`]: true,
  [`other < ${next}`]: false,
  [`other <= ${next}`]: true,
  [`id >= ${next}`]: false,
  [`other > ${big}`]: true,
  'amount = 10000': true,
  'amount >= 10000': true,
  'amount > 9999.99': true,
  'amount > 10000.000000000000000001': false,
  'id > 5 and amount > 1': true,
  'id + 1 = 820982911946154510': false,
  'amount * 2': 20_000,
  'amount - n': 9_998,
  'amount ? "yes" : "no"': 'yes',
  '$not(amount)': false,
  '$exists(id)': true,
  '$type(id)': 'number',
  '$fromMillis(amount)': '1970-01-01T00:00:10.000Z',
  // From here on through JSONata.
  'lines[0].id': `#${next}`,
  'lines.id': [`#${next}`, 7],
  'lines[-1].id': 7,
  [`lines[id = ${next}].price`]: '#1.50',
  [`lines[id = ${big}].price`]: undefined,
  'lines[price > 1.5].id': 7,
  'lines[price >= 1.5].id': [`#${next}`, 7],
  'lines[n].id': undefined,
  'lines[price].id': undefined,
  'lines[price - 1].id': [`#${next}`, 7],
  'lines^(price).id': [`#${next}`, 7],
  'lines^(>price).id': [7, `#${next}`],
  't & "." & lines[0].id': `x.${next}`,
  '$string(lines[0].id)': next,
  'lines[0].id.$string($)': next,
  'lines[0].(id & "/" & price)': `${next}/1.50`,
  '$join([t, $string(id), $string(amount)], "-")': `x-${big}-10000.00`,
  '$join($map(lines.id, $string), ",")': `${next},7`,
  '$join($map(lines, function($l) { $l.id & "=" & $l.price }), ",")': `${next}=1.50,7=2`,
  '$map(lines, function($l) { $l.price > 1.50 })': [false, true],
  'lines.id ~> $map($string) ~> $join("+")': `${next}+7`,
  'id ~> $string': big,
  'id ~> $string()': big,
  '($x := id; $x & ":" & $x)': `${big}:${big}`,
  '($x := id; $x = $$.other)': false,
  '[id, n]': [`#${big}`, 2],
  '[id, n][0]': `#${big}`,
  [`${big} in [id, n]`]: true,
  [`${next} in [id, n]`]: false,
  'n in [id, 2.0]': true,
  '[id, n] = [id, 2]': true,
  '[id, n] = [other, 2]': false,
  '{"a": id} = {"a": id}': true,
  '{"a": id} = {"a": other}': false,
  '{"a": id}.a': `#${big}`,
  '$lookup($, "id")': `#${big}`,
  '$lookup(lines[0], "price") > 1.5': false,
  '$sum(lines.price)': 3.5,
  '$max(lines.price) & "/" & id': `2/${big}`,
  '$count(lines)': 2,
  '$round(amount / 3, 2)': 3_333.33,
  '-amount': -10_000,
  '-lines[0].id < -820982911946154508': false,
  '[1..lines[-1].price]': [1, 2],
  '$number(amount) + 1': 10_001,
  '$boolean(lines[0].price)': true,
  '$not(lines[0].price)': false,
  '$type(lines[0].price)': 'number',
  '$keys(lines[0])': ['id', 'price'],
  'lines[0].price ? "yes" : "no"': 'yes',
  'lines[0].price and lines[1].price': true,
  'lines[0].price ?: 5': '#1.50',
  'lines[0].missing ?? id': `#${big}`,
  '$append(id, n)': [`#${big}`, 2],
  '$reverse([id, n])': [2, `#${big}`],
  '$reduce([n, amount], function($a, $b) { $a + $b })': 10_002,
  '$substring($string(id), 0, 3)': '820',
  '$length($string(id))': 18,
  '$formatNumber(amount, "#.00")': '10000.00',
  'lines[0].(price = 1.5)': true,
  '*[0]': `#${big}`,
  '**[$ = 820982911946154509]': [`#${next}`, `#${next}`],
  '$x := id': `#${big}`,
  '$uppercase(t) & id': `X${big}`,
  'id.foo': undefined,
  'lines[0].id.text': undefined,
};

describe('rules over exact numbers', () => {
  for (const [source, expected] of Object.entries(table)) {
    it(`${source} is ${JSON.stringify(expected)}`, async () => {
      const value = await evaluated(source, order);
      if (source.startsWith('$sha256')) expect(value).to.equal(await evaluated('$sha256("10000.00")', order));
      else expect(value).to.deep.equal(expected);
    });
  }

  it('take the rounded ones where JSONata can do nothing else', async () => {
    for (const source of [
      '$filter([id, 0], function($x) { $x })',
      '$distinct([id, other])',
      '$sort([2, amount])',
      '$string({"a": amount})',
      '$ ~> |$|{"a": id}|',
      '$map([id], $boolean)',
      'lines[0].id.$string()',
      '($string := function($x) { "mine" }; $string(id))',
      '$average([id, other])',
      '$power(amount, 2)',
    ]) {
      const input: unknown = JSON.parse(order);
      const plain: unknown = await ruleOf(source).evaluate(input, around);
      expect(await evaluated(source, order), source).to.deep.equal(plain);
    }
  });

  it('fail where they fail without exact numbers, and say the same', async () => {
    for (const source of ['lines[0].id & $error("no")', '$uppercase(lines[0].id)', 'lines[0].id < "a"', '-t']) {
      const input: unknown = JSON.parse(order);
      const outcome = async (exact: unknown) =>
        Promise.resolve(ruleOf(source).evaluate(input, { ...around, exact })).then(
          () => 'a value',
          (error: unknown) => String(error),
        );
      const plain = await outcome(undefined);
      expect(plain, source).not.to.equal('a value');
      expect(await outcome(withExactNumbers(order, input)), source).to.equal(plain);
    }
  });

  it('compare with literals that JavaScript rounds, whatever the payload has', async () => {
    const text = '{"a":9007199254740992,"b":9007199254740994,"l":[9007199254740992]}';
    expect(await evaluated('a = 9007199254740993', text)).to.equal(false);
    expect(await evaluated('a < 9007199254740993', text)).to.equal(true);
    expect(await evaluated('b > 9007199254740993', text)).to.equal(true);
    expect(await evaluated('l[0] = 9007199254740993', text)).to.equal(false);
    expect(await evaluated('9007199254740993 & ""', text)).to.equal('9007199254740993');
    expect(await evaluated('-9007199254740993 & ""', text)).to.equal('-9007199254740993');
    expect(await evaluated('$x1e-5', text).catch(() => 'unknown')).to.equal('unknown');
  });

  it('leave literals that are only written otherwise to JSONata', async () => {
    expect(await evaluated('"x" & 1.50', '{}')).to.equal('x1.5');
    expect(await evaluated('10000.00', '{}')).to.equal(10_000);
    expect(await evaluated('a & 1e3', '{"a":1.0}')).to.equal('1.01000');
  });

  it('are not troubled by a number that is too large for JavaScript', async () => {
    const text = '{"a":1e999999999,"b":[1e400],"c":-1e400,"d":1e-400}';
    expect(await evaluated('a & ""', text)).to.equal('1e999999999');
    expect(await evaluated('a > 1 and b[0] > 1 and c < 0', text)).to.equal(true);
    expect(await evaluated('a > b[0]', text)).to.equal(true);
    expect(await evaluated('d = 0', text)).to.equal(false);
  });

  it('do not mistake a remembered value for another', async () => {
    for (const text of ['{"t":"b","a":1.0}', '{"t":"b","a":1}', '{"t":"b","a":1.00}']) {
      const written = /:(1[.0]*)}/.exec(text)?.[1];
      expect(await evaluated('$uppercase(t) & a', text)).to.equal(`B${written}`);
      expect(await evaluated('$substring(t, 0, 1) & $string(a)', text)).to.equal(`b${written}`);
    }
    expect(await evaluated('$uppercase(t) = "B" ? 9007199254740993 : 1', '{"t":"b"}')).to.equal('#9007199254740993');
    expect(await evaluated('$uppercase(t) = "B" ? 9007199254740993 : 1', '{"t":"b"}')).to.equal('#9007199254740993');
  });

  it('are the tree that JSONata evaluates', async () => {
    const expression = jsonata('a & "x"');
    Object.assign(expression.ast(), { type: 'string', value: 'changed' });
    expect(await expression.evaluate({ a: 1 })).to.equal('changed');
  });
});

describe('laws of rules over exact numbers', () => {
  it('keep the text of any number', async () => {
    await fc.assert(
      fc.asyncProperty(numberTexts, async (text) => {
        const body = `{"l":[{"id":${text}}],"id":${text}}`;
        const input: unknown = JSON.parse(body);
        const bindings = { ...around, exact: withExactNumbers(body, input) };
        const rules = ['id', '$string(id)', 'id & ""', 'l[0].id', '$string(l[0].id)', 'l[0].id & ""'];
        for (const source of rules)
          expect(String(await ruleOf(source).evaluate(input, bindings)), source).to.equal(text);
        for (const source of ['id', 'l[0].id']) {
          const joined = joinParts([ruleOf('"x"'), ruleOf(source)]);
          expect(await joined.evaluate(input, bindings)).to.equal(`x.${text}`);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('compare any two numbers, in payloads and in rules', async () => {
    const signs = { '=': (d: bigint) => d === 0n, '!=': (d: bigint) => d !== 0n, '<': (d: bigint) => d < 0n };
    const more = { '<=': (d: bigint) => d <= 0n, '>': (d: bigint) => d > 0n, '>=': (d: bigint) => d >= 0n };
    const operators = Object.entries({ ...signs, ...more });
    const near = fc.tuple(decimalTexts, decimalTexts).chain(([a, b]) => fc.constantFrom([a, b], [a, a] as const));
    await fc.assert(
      fc.asyncProperty(near, fc.constantFrom(...operators), async ([a = '', b = ''], [sign, holds]) => {
        const expected = holds(scaled(a, 60) - scaled(b, 60));
        const text = `{"a":${a},"b":${b},"l":[${a},${b}]}`;
        const sources = [`a ${sign} b`, `l[0] ${sign} l[1]`, `a ${sign} ${b}`, `${a} ${sign} b`, `l[0] ${sign} ${b}`];
        for (const source of sources) expect(await evaluated(source, text), `${source} of ${text}`).to.equal(expected);
      }),
      { numRuns: 200 },
    );
  });

  /** Expressions that JSONata must evaluate, over names whose values are numbers. */
  const { expression } = fc.letrec<{ expression: string }>((tie) => {
    const part = tie('expression');
    const operator = fc.constantFrom('=', '!=', '&', '+', '-', '*', '/', '%', '<', '<=', '>', '>=', 'and', 'or', 'in');
    const name = fc.constantFrom(
      'a',
      'b',
      'l',
      'l[0]',
      'l[-1]',
      'l[a]',
      'l[b = a]',
      'o.a',
      'l.a',
      '$',
      '$$',
      '*',
      '**',
    );
    const call = fc.constantFrom('exists', 'not', 'string', 'type', 'number', 'boolean', 'sum', 'max', 'count', 'abs');
    const more = fc.constantFrom('keys', 'distinct', 'sort', 'reverse', 'length', 'floor', 'average', 'spread');
    return {
      expression: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        name,
        fc.constantFrom('"x"', '1', '0', '2.5', 'null', 'true'),
        fc.tuple(part, operator, part).map(([left, sign, right]) => `(${left} ${sign} ${right})`),
        fc.tuple(part, part, part).map(([condition, yes, no]) => `(${condition} ? ${yes} : ${no})`),
        fc.tuple(fc.oneof(call, more), part).map(([called, argument]) => `$${called}(${argument})`),
        fc.tuple(fc.oneof(call, more), part).map(([called, argument]) => `(${argument} ~> $${called})`),
        fc.tuple(call, part).map(([called, each]) => `$map([${each}], $${called})`),
        part.map((each) => `$map(l, function($x) { $x & ${each} })`),
        fc.tuple(part, part).map(([left, right]) => `[${left}, ${right}]`),
        fc.tuple(part, part).map(([each, index]) => `(${each})[${index}]`),
        part.map((each) => `(-${each})`),
        fc.tuple(part, part).map(([each, term]) => `[${each}]^(${term})`),
        fc.tuple(part, part).map(([each, next]) => `(${each}).(${next})`),
        part.map((each) => `{"a": ${each}}`),
      ),
    };
  });

  async function outcome(evaluate: () => unknown): Promise<unknown> {
    try {
      const value = await evaluate();
      return { value: Array.isArray(value) ? Array.from(value) : value };
    } catch {
      return 'it fails';
    }
  }

  it('are those of JSONata where a payload has no exact number', async () => {
    const numbers = fc.constantFrom('0', '1', '2', '2.5', '-1', '"x"', 'null', 'true');
    await fc.assert(
      fc.asyncProperty(expression, numbers, numbers, async (source, a, b) => {
        const text = `{"a":${a},"b":${b},"l":[${a},${b},3],"o":{"a":${b}}}`;
        const input: unknown = JSON.parse(text);
        const { rule } = compileRule(source);
        // `(a)^(b) / c` is the beginning of a regular expression.
        fc.pre(rule !== undefined);
        const ours = await outcome(() => rule.evaluate(input, { ...around, exact: withExactNumbers(text, input) }));
        expect(ours).to.deep.equal(await outcome(() => jsonata(source).evaluate(input)));
      }),
      { numRuns: 200 },
    );
  });

  /** The same value, if its numbers are written as JavaScript writes them. */
  function asPlain(value: unknown): unknown {
    if (value instanceof ExactNumber) return value.toNumber();
    if (Array.isArray(value)) return value.map(asPlain);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, asPlain(each)]));
  }

  it('are those of JSONata for the rounded numbers, where no digit is asked for', async () => {
    // Written with zeros, so that they are exact; their text is the one thing that differs.
    const numbers = fc.constantFrom('0.0', '1.0', '2.0', '2.50', '-1.0', '1', '"x"', 'null', 'true');
    const silent = expression.filter((source) => !/&|string|length|keys/.test(source));
    let exactly = 0;
    await fc.assert(
      fc.asyncProperty(silent, numbers, numbers, async (source, a, b) => {
        const text = `{"a":${a},"b":${b},"l":[${a},${b},3.0],"o":{"a":${b}}}`;
        const input: unknown = JSON.parse(text);
        const { rule } = compileRule(source);
        // `(a)^(b) / c` is the beginning of a regular expression.
        fc.pre(rule !== undefined);
        const ours = await outcome(() => rule.evaluate(input, { ...around, exact: withExactNumbers(text, input) }));
        const ast: unknown = jsonata(source).ast();
        if (compileDirect(ast, source) === undefined && makeExact(ast, source)) exactly++;
        expect(asPlain(ours)).to.deep.equal(asPlain(await outcome(() => jsonata(source).evaluate(input))));
      }),
      { numRuns: 200 },
    );
    expect(exactly).to.be.greaterThan(20);
  });
}).timeout(20_000);
