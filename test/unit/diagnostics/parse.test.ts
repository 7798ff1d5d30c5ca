import { expect } from 'chai';
import fc from 'fast-check';
import { Document, isScalar, parseDocument } from 'yaml';
import { type LocatedDocument, parseYaml } from '../../../src/diagnostics/parse.js';
import { scalarOffsets } from '../../../src/diagnostics/scalar-offsets.js';

function parse(text: string): LocatedDocument {
  const { document } = parseYaml('/a.yaml', text);
  if (document === undefined) throw new Error('it does not parse');
  return document;
}

/** The text that a fault at this place underlines. */
function marked(text: string, place: { pointer: string; key?: boolean; within?: readonly [number, number] }): string {
  const fault = { rule: 'x', severity: 'error', message: '', ...place } as const;
  const { range } = parse(text).toDiagnostic(fault);
  return text.slice(range?.start.offset, range?.end.offset);
}

describe('a located document', () => {
  const text =
    'a: { b: [1, "x y"] }\nlist:\n  - name: one\n    rule: \'it\'\'s $f(1)\'\n  - name: &n two\nalias: *n\n"q/~": |\n  first\n   second\n';

  it('has the value', () => {
    expect(parse(text).value).to.deep.equal({
      a: { b: [1, 'x y'] },
      list: [{ name: 'one', rule: "it's $f(1)" }, { name: 'two' }],
      alias: 'two',
      'q/~': 'first\n second\n',
    });
  });

  it('finds values and keys', () => {
    expect(marked(text, { pointer: '/a/b/1' })).to.equal('"x y"');
    expect(marked(text, { pointer: '/a/b', key: true })).to.equal('b');
    expect(marked(text, { pointer: '/a' })).to.equal('{ b: [1, "x y"] }');
    expect(marked(text, { pointer: '/alias' })).to.equal('*n');
  });

  it('shows the key of what spans lines, and the nearest place above what is not there', () => {
    expect(marked(text, { pointer: '/list' })).to.equal('list');
    expect(marked(text, { pointer: '/list/0' })).to.equal('name');
    expect(marked(text, { pointer: '/list/0/when/deeper' })).to.equal('name');
    expect(marked(text, { pointer: '/nothing' })).to.equal('a');
  });

  it('finds characters of quoted and block scalars', () => {
    expect(marked(text, { pointer: '/list/0/rule', within: [5, 7] })).to.equal('$f');
    expect(marked(text, { pointer: '/q~1~0', within: [7, 10] })).to.equal('sec');
    expect(marked('a: "\\u0041b\\tc"', { pointer: '/a', within: [1, 2] })).to.equal('b');
    expect(marked('a: "x\n  y z"', { pointer: '/a', within: [2, 3] })).to.equal('y');
  });

  it('says the line of a value', () => {
    expect(parse(text).lineOf('/list/1/name')).to.equal(5);
  });

  it('reads JSON, tabs and all', () => {
    expect(parse('{\n\t"a": [\n\t\t1\n\t]\n}').value).to.deep.equal({ a: [1] });
  });

  it('knows where every character of a scalar stands', () => {
    const line = fc.string({
      unit: fc.constantFrom('a', 'ä', '"', "'", '\\', ' ', '\n', 'z', '#', ':'),
      maxLength: 12,
    });
    fc.assert(
      fc.property(line, fc.constantFrom('QUOTE_DOUBLE', 'QUOTE_SINGLE', 'PLAIN', 'BLOCK_LITERAL'), (value, type) => {
        const made = new Document({ key: value });
        const scalar = made.get('key', true);
        if (isScalar(scalar)) scalar.type = type;
        const text = made.toString({ lineWidth: 0 });
        const node = parseDocument(text).get('key', true);
        if (!isScalar(node) || node.value !== value) return;
        const offsets = scalarOffsets(text, node) ?? [];
        for (const [at, unit] of [...value].entries())
          if (/[azä#:]/.test(unit)) expect(text[offsets[at] ?? -1], JSON.stringify(text)).to.equal(unit);
      }),
    );
  });
});

describe('YAML that does not parse', () => {
  const cases: readonly [string, string, number, number][] = [
    ['a: 1\na: 2', 'This key is here twice', 2, 1],
    ['a: {x: b ? c : d}', 'Not valid inside {} or []', 1, 8],
    ['a: *.x', 'This alias has no anchor', 1, 4],
    ['a: 1\n---\nb: 2', 'A second document begins here', 2, 1],
    ['a: b: c', 'A second ":" in one line', 1, 4],
  ];
  for (const [text, message, line, column] of cases) {
    it(message, () => {
      const { document, diagnostics } = parseYaml('/a.yaml', text);
      expect(document).to.equal(undefined);
      expect(diagnostics[0]).to.include({ rule: 'config-syntax', severity: 'error', message });
      expect(diagnostics[0]?.range?.start).to.include({ line, column });
    });
  }

  it('is empty', () => {
    expect(parseYaml('/a.yaml', '# nothing\n').diagnostics[0]?.message).to.equal('The file is empty');
  });

  it('multiplies its aliases', () => {
    const bomb = ['a0: &a0 [x, x]'];
    for (let level = 1; level < 30; level++) bomb.push(`a${level}: &a${level} [*a${level - 1}, *a${level - 1}]`);
    expect(parseYaml('/a.yaml', bomb.join('\n')).diagnostics[0]?.message).to.contain('multiply');
  });

  it('is not quoted in the message', () => {
    for (const text of ['secret: "a"\n"LEAK" y\n', 'secret: |LEAK\n  x\n', 'secret: !LEAK x', 'secret: *LEAK']) {
      const { diagnostics } = parseYaml('/a.yaml', text);
      expect(diagnostics).to.have.length.above(0);
      expect(JSON.stringify(diagnostics)).not.to.contain('LEAK');
    }
  });
});
