import { expect } from 'chai';
import fc from 'fast-check';
import { planBatch, scanItems, scanJson, scanMembers } from '../../../src/signature/json-scan.js';
import { Pointers } from '../../../src/signature/pointers.js';
import { rejectionOf } from './support.js';

type Path = readonly string[];

const notThere = 'not there';
const composite = 'no scalar';
const refused = 'refused';

/** What is found at the paths; `refused` for a text that is refused as a whole. */
function find(text: string | Buffer, paths: readonly Path[]): typeof refused | readonly unknown[] {
  const pointers = new Pointers();
  const slots = paths.map((path) => pointers.add(path));
  let found: typeof refused | readonly unknown[] = refused;
  const outcome = rejectionOf(() => {
    const texts = scanJson(Buffer.from(text), pointers);
    found = slots.map((slot) => {
      let read: unknown = composite;
      const refusal = rejectionOf(() => {
        read = texts.text(slot) ?? (texts.has(slot) ? null : notThere);
      });
      expect(refusal).to.match(/^(verified|signature_malformed)$/);
      return read;
    });
  });
  expect(outcome).to.match(/^(verified|signature_malformed)$/);
  return found;
}

/** What JSON.parse finds there, with every scalar but null as text. */
function expected(value: unknown, [name, ...rest]: Path): unknown {
  if (name === undefined) {
    if (value === null) return null;
    return typeof value === 'object' ? composite : String(value);
  }
  if (typeof value !== 'object' || value === null) return notThere;
  if (Array.isArray(value) && !/^(0|[1-9]\d*)$/.test(name)) return notThere;
  return Object.hasOwn(value, name) ? expected(new Map(Object.entries(value)).get(name), rest) : notThere;
}

/** The paths of everything in a value. */
function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, each]) => pathsOf(each, [...path, name]))];
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Every character that may be written otherwise, as an escape. */
function withEscapes(text: string): string {
  const written = (inner: string) =>
    [...inner.matchAll(/\\u....|\\.|[^\\]/gsu)]
      .map(([char]) =>
        char.startsWith('\\')
          ? char
          : Array.from(char, (each) => each)
              .flatMap((each) => each.split(''))
              .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
              .join(''),
      )
      .join('');
  return text.replace(/"((?:[^"\\]|\\.)*)"/gs, (_, inner: string) => `"${written(inner)}"`);
}

const value = fc.jsonValue({ maxDepth: 4, noUnicodeString: false });
const names = fc.string({ unit: 'grapheme', maxLength: 3 });
const anyPath = fc.array(names, { maxLength: 3 });

describe('what is read of JSON before it is proven', () => {
  it('is what JSON.parse finds there', () => {
    const property = fc.property(
      value,
      fc.nat({ max: 3 }),
      fc.boolean(),
      fc.array(anyPath, { maxLength: 3 }),
      fc.infiniteStream(fc.boolean()),
      (it, indent, escaped, others, coins) => {
        const text = JSON.stringify(it, null, indent);
        const { value: same } = parse(text) ?? {};
        // Some of the paths that there are, and some that there may be.
        const paths = [...pathsOf(same).filter(() => coins.next().value), ...others];
        const wanted = paths.map((path) => expected(same, path));
        expect(find(escaped ? withEscapes(text) : text, paths)).to.deep.equal(wanted);
      },
    );
    fc.assert(property, { numRuns: 500 });
  });

  it('is found, or the text refused, whatever it is', () => {
    const pieces = fc.constantFrom(
      ...'{}[],:" \t\n\\u0eE+-.1a',
      ...['"a"', '"b"', '"\\u0061"', '{"a":', 'null', 'true', '-0.5e3', '\u0000', '\ufeff', '"é"'],
    );
    const property = fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
      const text = parts.join('');
      const paths: readonly Path[] = [['a'], ['a', 'b'], ['b'], ['0'], []];
      const found = find(text, paths);
      const parsed = parse(text);
      // A name that is twice is the one thing that JSON.parse lets through.
      if (parsed === undefined || found === refused) return;
      const wanted = paths.map((path) => expected(parsed.value, path));
      expect(found.map(numberless), text).to.deep.equal(wanted.map(numberless));
    });
    fc.assert(property, { numRuns: 5000 });
  });

  for (const text of ['{', '[1', '"a', '{"a"}', '{"a":1', '{"a":1}}', '{"a":1} x', '1 2', '"a""b"', '{a:1}', '{,}']) {
    it(`${JSON.stringify(text)} is refused`, () => expect(find(text, [['a']])).to.equal(refused));
  }

  const scalars: readonly (readonly [string, unknown])[] = [
    ['1050.00', '1050.00'],
    ['1e400', '1e400'],
    ['9007199254740993', '9007199254740993'],
    ['-0', '-0'],
    ['1E+2', '1E+2'],
    ['true', 'true'],
    ['false', 'false'],
    ['null', null],
    ['""', ''],
    ['"\\ud83d\\ude00"', '😀'],
    ['"\\ud800"', composite],
    ['"\\x"', composite],
    ['"\n\\n"', composite],
    ['nul', composite],
    ['.5', composite],
    ['{}', composite],
    ['[]', composite],
  ];
  for (const [text, read] of scalars) {
    it(`${JSON.stringify(text)} is read as ${read}`, () => {
      expect(find(`{"a":${text},"b":1}`, [['a']])).to.deep.equal([read]);
      expect(find(`[ ${text} ]`, [['0']])).to.deep.equal([read]);
    });
  }

  const twice: readonly (readonly [string, Path])[] = [
    ['{"a":1,"a":1}', ['a']],
    ['{"a":1,"\\u0061":2}', ['a']],
    ['{"\\u0061":2,"b":0,"a":1}', ['a']],
    ['{"a":{"b":1},"a":{}}', ['a', 'b']],
    ['{"a":{"b":1,"b":2}}', ['a', 'b']],
    ['{"é":1,"\\u00e9":2}', ['é']],
    ['{"😀":1,"\\ud83d\\ude00":2}', ['😀']],
    ['{"a/b":1,"a\\/b":2}', ['a/b']],
  ];
  for (const [text, path] of twice) {
    it(`${text} can be read in two ways: refused`, () => expect(find(text, [path])).to.equal(refused));
  }

  it('nothing is there where there is nothing', () => {
    expect(find('', [['a'], []])).to.deep.equal([notThere, composite]);
    expect(find(' {} ', [['a']])).to.deep.equal([notThere]);
  });

  it('a name that is not read may be there twice, as in any other body', () => {
    expect(find('{"b":1,"b":{"a":0},"a":2,"b":3}', [['a']])).to.deep.equal(['2']);
    expect(find('{"b":"\\ud800","a":2}', [['a']])).to.deep.equal(['2']);
  });

  it('names are told apart from those that look like them', () => {
    const others = ['A', 'aa', '', 'a\\u0000', '\\u0041', '\\u00e1', 'b', '\\\\u0061', 'а'];
    const text = `{${others.map((name) => `"${name}":0`).join()},"a":1,"ab":2}`;
    expect(find(text, [['a'], ['ab'], ['ac'], ['__proto__']])).to.deep.equal(['1', '2', notThere, notThere]);
  });

  it('bytes that are not UTF-8 are refused, wherever they are', () => {
    expect(find(Buffer.from('{"b":"\xff","a":1}', 'latin1'), [['a']])).to.equal(refused);
  });

  it('positions of an array are read, and are names in an object', () => {
    expect(find('[[10,[11,12]],{"1":13}]', [['0', '1', '1'], ['1', '1'], ['0', '01'], ['2']])).to.deep.equal([
      ...['12', '13', notThere, notThere],
    ]);
  });

  it('nothing is too deep or too long to be passed over', () => {
    const deep = `${'[{"a":'.repeat(100_000)}0${'}]'.repeat(100_000)}`;
    const quotes = `"${`${'x'.repeat(300)}\\"`.repeat(1000)}${'\\\\'.repeat(1000)}"`;
    expect(find(`{"b":${deep},"c":${quotes},"a":1}`, [['a']])).to.deep.equal(['1']);
    expect(find('['.repeat(1_000_000), [['a']])).to.equal(refused);
    expect(find(`{"a":"${'\\'.repeat(1_000_001)}"}`, [['a']])).to.equal(refused);
  });
});

/** JSON.parse tells neither 1.0 and 1 nor -0 and 0 apart. */
function numberless(read: unknown): unknown {
  return typeof read === 'string' && /^-?\d/.test(read) ? Number(read) + 0 : read;
}

describe('the items of a batch', () => {
  function items(text: string, path: Path): unknown {
    const pointers = new Pointers();
    const slot = pointers.add(['id']);
    const found: unknown[] = [];
    const outcome = rejectionOf(() =>
      scanItems(Buffer.from(text), planBatch(path, pointers), (item, indices) =>
        found.push([item.text(slot), ...indices]),
      ),
    );
    return outcome === 'verified' ? found : outcome;
  }

  it('are found in their order, with their places', () => {
    const text = '{"a":[{"b":[{"id":1},{"id":2}],"x":[]},{"y":{"b":0},"b":[{}]}]}';
    expect(items(text, ['a', '*', 'b', '*'])).to.deep.equal([
      ['1', 0, 0],
      ['2', 0, 1],
      [undefined, 1, 0],
    ]);
    expect(items('[]', ['*'])).to.deep.equal([]);
    expect(items('{"id":"x"}', [])).to.deep.equal([['x']]);
  });

  for (const text of [
    '{}',
    '{"a":{}}',
    '{"a":[1]}',
    '{"a":[{}]}',
    '{"a":[{"b":1}],"a":[]}',
    '{"a":[{"b":{}}]} 1',
    '[',
  ]) {
    it(`${text} has none where they should be`, () => {
      expect(items(text, ['a', '*', 'b'])).to.equal('signature_malformed');
    });
  }
});

describe('the members of an object', () => {
  function members(text: string, most = 10): unknown {
    let found: unknown;
    const outcome = rejectionOf(() => {
      found = scanMembers(Buffer.from(text), most);
    });
    return outcome === 'verified' ? found : outcome;
  }

  it('are those that JSON.parse finds, where all of them are scalars', () => {
    const scalar = fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.boolean(), fc.constant(null));
    fc.assert(
      fc.property(fc.dictionary(names, scalar, { noNullPrototype: true }), (object) => {
        const text = JSON.stringify(object);
        const wanted = [...text.matchAll(/"((?:[^"\\]|\\.)*)":/g)].map(([, name]) => String(JSON.parse(`"${name}"`)));
        const found = scanMembers(Buffer.from(withEscapes(text)), 100);
        expect(new Map(found)).to.deep.equal(
          new Map(Object.entries(object).map(([name, it]) => [name, `${it ?? ''}`])),
        );
        expect(found.map(([name]) => name)).to.have.members([...new Set(wanted)]);
      }),
    );
  });

  it('stay in their order, as they are written', () => {
    expect(members('{"b":1.0,"1":"x","a":null}')).to.deep.equal([
      ['b', '1.0'],
      ['1', 'x'],
      ['a', ''],
    ]);
  });

  for (const text of [
    '[]',
    '1',
    '{"a":{}}',
    '{"a":[]}',
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":1}',
    '{"a":1}x',
    '{"a":"\\udc00"}',
  ]) {
    it(`${text} is refused`, () => expect(members(text)).to.equal('signature_malformed'));
  }

  it('are no more than they may be', () => {
    expect(members('{"a":1,"b":2}', 2)).to.have.length(2);
    expect(members('{"a":1,"b":2,"c":3}', 2)).to.equal('signature_malformed');
  });
});
