import { expect } from 'chai';
import fc from 'fast-check';
import jsonata from 'jsonata';
import { type Rule, RuleError } from '../../../../src/core/model.js';
import { compileRule } from '../../../../src/core/rules/compile.js';

const bindings = { headers: {}, endpoint: { name: 'shop', path: '/s' }, deliveryId: 'dl1', digest: 'd1' };
/** Milliseconds of the processor, and bytes: what a rule may take at the most, with room for a slow machine. */
const mostTime = 2_500;
const mostMemory = 400 * 1024 * 1024;

function compile(source: string): Rule {
  const { rule, fault } = compileRule(source);
  if (rule === undefined) throw new Error(fault?.message ?? 'no rule');
  return rule;
}

/** What came of it: the reason of a failure, or `value`. */
async function outcomeOf(source: string, input: unknown): Promise<string> {
  try {
    await compile(source).evaluate(input, bindings);
    return 'value';
  } catch (error) {
    return error instanceof RuleError ? error.reason : String(error);
  }
}

const numbers = Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 100_003);
const objects = Array.from({ length: 6_000 }, (_, index) => ({ id: index, at: { n: [index] } }));
const text = 'ab '.repeat(350_000);

describe('the bounds of rules', () => {
  const rules: readonly [string, unknown, string][] = [
    ['$count($sort(x))', { x: numbers }, 'length'],
    ['$count($sort(x, function($a, $b) { $a > $b }))', { x: numbers }, 'length'],
    ['$count($sort(x))', { x: numbers.slice(0, 9_999) }, 'value or timeout'],
    ['$count($distinct(x))', { x: numbers }, 'length'],
    ['$count($distinct(x))', { x: objects }, 'value or timeout'],
    ['$pad("x", 500000000)', {}, 'length'],
    ['$pad("x", -500000000)', {}, 'length'],
    ['$pad("x", n)', { n: 1e300 }, 'length'],
    ['$pad("x", 1000000, "0123456789012345678901234567890123456789")', {}, 'length'],
    ...['$formatInteger(1, t)', '$formatNumber(1, t)', '$parseInteger("1", t)', '$toMillis("1", t)'].map(
      (rule): [string, unknown, string] => [rule, { t: '0'.repeat(1_000_000) }, 'length'],
    ),
    ...['$fromMillis(0, t)'].map((rule): [string, unknown, string] => [rule, { t: '[Y]'.repeat(300_000) }, 'length']),
    ['$count($spread(x))', { x: objects.concat(objects, objects) }, 'length'],
    ['$count($spread(x))', { x: objects.slice(0, 4_000) }, 'value or timeout'],
    ['[1..n]', { n: 10_000_000 }, 'length'],
    ['$reduce([1..60], function($a, $b) { $a & $a }, "x")', {}, 'length'],
    ['($a := t & t & t & t; $b := $a & $a & $a & $a; $c := $b & $b & $b & $b; $length($c))', { t: text }, 'length'],
    ['$length($join($map([1..10000], function($i) { $$.t })))', { t: text }, 'timeout or length'],
    ['$length($string($map([1..10000], function($i) { $$ })))', { t: text }, 'timeout or length'],
    ['$replace(t, "a", t)', { t: text }, 'length'],
    ['$replace(t, /a/, "$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0")', { t: text }, 'length'],
    ['$map($map([1..10000], function($i) { $$.t }), $uppercase)', { t: text }, 'timeout or length'],
    ['$map([1..10000], function($i) { $uppercase($$.t) })', { t: text }, 'timeout or length'],
    ['$map([1..10000], function($i) { $reverse($$.x) })', { x: numbers }, 'timeout or length'],
    ['$map([1..10000], function($i) { [1..10000] })', {}, 'timeout or length'],
    ['$map([1..10000], function($i) { [$$.y, 1] })', { y: numbers.slice(0, 9_000) }, 'timeout or length'],
    ['($f := $pad; $f("x", 500000000))', {}, 'length'],
    ['$map(["x"], $pad(?, 500000000))', {}, 'timeout or length'],
    ['"x" ~> $pad(500000000)', {}, 'length'],
    ['x^(n)', { x: numbers.map((n) => ({ n })) }, 'length'],
    ['$count(x^(n))', { x: numbers.slice(0, 9_999).map((n) => ({ n })) }, 'value or timeout'],
    ['($f := function($x) { $f($x + 1) }; $f(0))', {}, 'timeout'],
    ['($f := function($x) { 1 + $f($x + 1) }; $f(0))', {}, 'depth'],
  ];
  for (const [source, input, outcome] of rules) {
    it(`${source} ends with: ${outcome}`, async () => {
      const cpu = process.cpuUsage();
      const before = process.memoryUsage().heapUsed;
      expect(await outcomeOf(source, input)).to.be.oneOf(outcome.split(' or '));
      const { user, system } = process.cpuUsage(cpu);
      expect((user + system) / 1000, 'milliseconds').to.be.below(mostTime);
      expect(process.memoryUsage().heapUsed - before, 'bytes').to.be.below(mostMemory);
    }).timeout(20_000);
  }

  for (const source of ['$replace(t, /a/, "b")', '$split(t, /a/)', '$match(t, /a/)', '$count($split(t, / /))']) {
    it(`${source} on a megabyte is over in time`, async () => {
      const cpu = process.cpuUsage();
      expect(await outcomeOf(source, { t: text })).to.be.oneOf(['length', 'timeout']);
      const { user, system } = process.cpuUsage(cpu);
      expect((user + system) / 1000, 'milliseconds').to.be.below(mostTime);
    }).timeout(20_000);
  }

  it('leave a rule that ran out of time without a second try', async () => {
    const cpu = process.cpuUsage();
    expect(await outcomeOf('($g := function($x) { $g($x + 1) }; $g(0))', {})).to.equal('timeout');
    const { user } = process.cpuUsage(cpu);
    // Half a second at most for the first, if the machine was busy elsewhere, and half a second for the second.
    expect(user / 1000).to.be.below(950);
  });

  it('do not let what a sender writes be run', async () => {
    for (const source of ['$eval(rule)', '($e := $eval; $e(rule))', '$map([rule], $eval)', 'rule ~> $eval']) {
      const { fault } = compileRule(source);
      expect(fault?.rule, source).to.equal('expr-unknown-function');
      expect(fault?.message).to.contain('$eval is switched off');
      expect(source.slice(...(fault?.within ?? [0, 0]))).to.equal('$eval');
    }
    const bound = compile('($eval := function($x) { $x & "!" }; $eval(rule))');
    expect(await bound.evaluate({ rule: '1 + 1' }, bindings)).to.equal('1 + 1!');
  });

  it('begin anew for each evaluation', async () => {
    const rule = compile('$pad(t, 4000000)');
    for (let n = 0; n < 10; n++) expect(await rule.evaluate({ t: 'x' }, bindings)).to.have.length(4_000_000);
  });
});

describe('functions within bounds', () => {
  const scalar = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom('', 'a', 'b', 'ab', 'é', '😀'),
    fc.boolean(),
  );
  const value = fc.oneof(
    scalar,
    fc.constant(null),
    fc.array(scalar, { maxLength: 3 }),
    fc.record({ a: scalar, b: scalar }),
  );
  const sources = [
    '$distinct(x)',
    '$sort(x)',
    '$sort(x, function($a, $b) { $string($a) > $string($b) })',
    '$distinct(x.a)',
    'x^($string($))',
    '$map(x, $string)',
    '$map(x, function($v, $i) { $i & ":" & $v })',
    '$filter(x, $boolean)',
    '$reduce(x, function($a, $b) { $a & "-" & $b })',
    '$join(x.$string(), "+")',
    '$pad($string(x), 12, "é-")',
    '$pad($string(x), -12)',
    '$replace($string(x), "a", "bb")',
    '$replace($string(x), /[ab]/, "<$0>")',
    '[1..$count(x)]',
    '[n..3]',
    '["a"..3]',
    '(n..2)',
    '($y := [x, [x], 1, x.a]; $y)',
    '($y := x & x; $y & $y)',
    'x ~> $count ~> $string',
    '$zip(x, [1..3])',
    '$append(x, x)',
    '$each({"k": x}, function($v, $k) { $k })',
    '$single(x, function($v) { $v = 1 })',
    '($five := $pad(?, 5); $five($string(n)) & $five("b"))',
    '($by := $sort(?, function($a, $b) { $string($a) < $string($b) }); $by(x))',
    '$type($sort)',
    'x#$i.{"i": $i}',
    '($add := function($a, $b) { $a & $b }; $one := $add("1", ?); $one(x))',
  ];

  it('give what JSONata gives', async () => {
    const seen = async (give: () => unknown) => {
      try {
        const given: unknown = await give();
        return JSON.stringify(given) ?? 'nothing';
      } catch {
        return 'failure';
      }
    };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...sources),
        fc.array(value, { maxLength: 5 }),
        fc.constantFrom(1, 2, 5, undefined, 'x', 1.5),
        async (source, x, n) => {
          const input = { x, n };
          const theirs = await seen(() => jsonata(source, { sequence: 10_000 }).evaluate(input));
          expect(await seen(() => compile(source).evaluate(input, bindings)), source).to.equal(theirs);
        },
      ),
      { numRuns: 600 },
    );
  }).timeout(20_000);
});
