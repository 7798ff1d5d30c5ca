import { expect } from 'chai';
import fc from 'fast-check';
import { type JsonNode, JsonObject } from '../../../src/signature/json-object.js';
import { parseJson } from '../../../src/signature/json-parser.js';
import { rejectionOf } from './support.js';

const plenty = 10_000;

/** What JSON.parse makes of the text, with every scalar but null as text, as the parser has it. */
function expected(value: unknown): unknown {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map(expected);
  if (typeof value !== 'object') return String(value);
  return new Map(Object.entries(value).map(([name, each]) => [name, expected(each)]));
}

function parse(text: string): unknown {
  let node: JsonNode = null;
  const outcome = rejectionOf(() => {
    node = parseJson(Buffer.from(text), plenty);
  });
  return outcome === 'verified' ? plain(node) : 'refused';
}

/** With a map for each object. */
function plain(node: JsonNode): unknown {
  if (node instanceof JsonObject) return new Map(node.entries().map(([name, each]) => [name, plain(each)]));
  return Array.isArray(node) ? node.map(plain) : node;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const value = fc.jsonValue({ maxDepth: 4, noUnicodeString: false });

describe('JSON of which fields are signed', () => {
  it('is read as JSON.parse reads it', () => {
    const property = fc.property(value, fc.nat({ max: 3 }), (it, indent) => {
      const text = JSON.stringify(it, null, indent);
      expect(parse(text)).to.deep.equal(expected(JSON.parse(text)));
    });
    fc.assert(property);
  });

  it('is taken only where JSON.parse takes it', () => {
    const pieces = fc.constantFrom(
      ...'{}[],:" \t\n\\u0eE+-.1a',
      '"a"',
      '"b"',
      'null',
      'true',
      '-0.5e3',
      '\u0000',
      '\ufeff',
    );
    const property = fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      if (parse(text) !== 'refused') expect(isJson(text), text).to.equal(true);
    });
    fc.assert(property, { numRuns: 5000 });
  });

  for (const text of [
    '',
    ' ',
    '{',
    '[1',
    '"a',
    '{"a"}',
    '{"a":1,}',
    '[1,]',
    '01',
    '1.',
    '-',
    '.5',
    'nul',
    '1 2',
    "'a'",
    '"\n"',
    '"\\x"',
    '/**/1',
  ]) {
    it(`${JSON.stringify(text)} is none`, () => expect(parse(text)).to.equal('refused'));
  }

  it('numbers stay as they were written', () => {
    const text = '[1050.00,1e400,9007199254740993,-0,1E+2]';
    expect(parse(text)).to.deep.equal(['1050.00', '1e400', '9007199254740993', '-0', '1E+2']);
  });

  for (const text of ['{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '["\\ud800"]', '{"\\udc00":1}']) {
    it(`${text} can be read in two ways: refused`, () => expect(parse(text)).to.equal('refused'));
  }

  it('many members: none twice, all in their order', () => {
    const names = Array.from({ length: 100 }, (_, n) => `k${(n * 37) % 100}`);
    const text = `{${names.map((name) => `"${name}":"${name}"`).join()}}`;
    const node = parseJson(Buffer.from(text), plenty);
    if (!(node instanceof JsonObject)) throw new Error('no object');
    expect(node.entries().map(([name]) => name)).to.deep.equal(names);
    for (const name of names) expect(node.get(name)).to.equal(name);
    expect(node.get('k100')).to.equal(undefined);
    expect([node.has('k99'), node.has('k100')]).to.deep.equal([true, false]);
    for (const place of [0, 14, 15, 16, 17, 99]) {
      expect(parse(`${text.slice(0, -1)},"${names[place]}":1}`), names[place]).to.equal('refused');
      expect(parse(`{"${names[place]}":1,${text.slice(1)}`), names[place]).to.equal('refused');
    }
  });

  it('texts of more than a byte for each character stay as they are, wherever they are', () => {
    const text = '{"ü":"é","€":["a€",1.0,"\\n€"],"😀":"😀é","a":"b"}';
    const list = ['a€', '1.0', '\n€'];
    expect(parse(text)).to.deep.equal(
      new Map<string, unknown>([
        ['ü', 'é'],
        ['€', list],
        ['😀', '😀é'],
        ['a', 'b'],
      ]),
    );
  });

  it('a pair of surrogates is one character', () => expect(parse('"\\ud83d\\ude00"')).to.equal('😀'));

  it('has no more values and nests no deeper than it may', () => {
    expect(rejectionOf(() => parseJson(Buffer.from('[1,2,3]'), 4))).to.equal('verified');
    expect(rejectionOf(() => parseJson(Buffer.from('[1,2,3]'), 3))).to.equal('signature_malformed');
    expect(parse('['.repeat(500) + ']'.repeat(500))).to.not.equal('refused');
    expect(parse('['.repeat(501) + ']'.repeat(501))).to.equal('refused');
    expect(rejectionOf(() => parseJson(Buffer.from('['.repeat(1_000_000)), Number.POSITIVE_INFINITY))).to.equal(
      'signature_malformed',
    );
  });
});
