import { expect } from 'chai';
import { compileRule, parse } from '../../../../src/core/rules/compile.js';
import { listNodes } from '../../../../src/core/rules/nodes.js';
import { spanOf } from '../../../../src/core/rules/spans.js';
import { compileTrace } from '../../../../src/core/rules/trace.js';

const bindings = Object.assign(
  { headers: { a: 'b' }, endpoint: { name: 'e', path: '/e' }, digest: '00' },
  { deliveryId: '1' },
);

function partsOf(source: string): readonly string[] {
  return listNodes(parse(source).ast()).map((node) => source.slice(...(spanOf(source, node) ?? [0, 0])));
}

describe('where a part of an expression stands', () => {
  for (const [source, ...parts] of [
    ['data.amount > "100"', 'data.amount > "100"', 'data.amount', '"100"'],
    ['$uppercase(a.b) & "-" & c', '$uppercase(a.b) & "-"', '$uppercase(a.b)', 'a.b', 'c'],
    ['(a ? a : b) & ("x" & y[0].z)', '(a ? a : b)', 'a ? a : b', '("x" & y[0].z)', 'y[0].z'],
    ['$contains(t, /(a\\/)/i) and $headers."x-y" = `a b`.c', '$contains(t, /(a\\/)/i)', '$headers."x-y" = `a b`.c'],
    ['/* ( */ a /* ) */ & "\\")" & b / c', 'a /* ) */ & "\\")"', 'b / c'],
    ['[a, b][0] ~> $map(function($v) { $v & ")" })', '[a, b][0]', '$map(function($v) { $v & ")" })', '$v & ")"'],
  ] as const) {
    it(source, () => expect(partsOf(source)).to.include.members([...parts]));
  }
});

describe('a rule that is watched', () => {
  it('tells what each part gave, and that others were not asked', async () => {
    const rule = compileTrace('a ? a & "-" & b : c & d');
    const { values, failed } = await rule.trace({ a: 1 }, bindings);
    const seen = Object.fromEntries(
      rule.nodes.map((node) => [rule.source.slice(...(spanOf(rule.source, node) ?? [0, 0])), values.get(node)]),
    );
    expect(failed).to.equal(undefined);
    expect(seen).to.deep.include({ b: [undefined], 'a & "-" & b': ['1-'], 'c & d': undefined });
    expect((await rule.trace({ c: 1 }, bindings)).values.size).to.be.greaterThan(0);
  });

  it('tells the innermost part that fails', async () => {
    const source = 'x = 1 and $not($number(y) > 3 and z < "a")';
    const rule = compileTrace(source);
    const failing = async (input: object) => {
      const { failed } = await rule.trace(input, bindings);
      return failed && source.slice(...(spanOf(source, failed) ?? [0, 0]));
    };
    expect(await failing({ x: 1, y: 'q' })).to.equal('$number(y)');
    expect(await failing({ x: 1, y: '4', z: 1 })).to.equal('z < "a"');
    expect(await failing({ x: 2, y: 'q' })).to.equal(undefined);
  });

  it('leaves the limits of rules in force', async () => {
    const source = '($f := function($n) { $f($n + 1) + 1 }; $f(1))';
    expect(compileRule(source).fault).to.equal(undefined);
    expect((await compileTrace(source).trace({}, bindings)).failed).not.to.equal(undefined);
  });
});
