import { expect } from 'chai';
import fc from 'fast-check';
import { compareDecimals } from '../../../../src/util/json/decimal.js';
import { ExactNumber, losesText, losesValue } from '../../../../src/util/json/number.js';
import { parseExactly, withExactNumbers } from '../../../../src/util/json/parse.js';
import { copyJson, hasExactNumbers, writeJson } from '../../../../src/util/json/write.js';
import { numberTexts, scaled } from '../../../support/number-texts.js';

/** A JSON text as somebody may write it: white space anywhere, names twice, numbers in every form. */
const { text: jsonTexts } = fc.letrec<{ text: string }>((tie) => {
  const space = fc.constantFrom('', '', ' ', '\n  ', '\t', '\r\n');
  const names = fc.constantFrom('a', 'b', '__proto__', 'constructor', '1', 'e5');
  const strings = fc.oneof(
    fc.string().map((each) => JSON.stringify(each)),
    fc.constantFrom('"10.00"', '": 1.0,"', '"\\\\"', '"\\""', '"x\\\\\\", 12345678901234567890, \\""', '"1e30"'),
  );
  const members = fc.array(fc.tuple(space, names, space, tie('text')), { maxLength: 4 });
  return {
    text: fc
      .tuple(
        space,
        fc.oneof(
          { depthSize: 'small' },
          numberTexts,
          numberTexts,
          strings,
          fc.constantFrom('true', 'false', 'null'),
          members.map((all) => `{${all.map(([a, name, b, value]) => `${a}"${name}"${b}:${value}`).join(',')}}`),
          fc.array(tie('text'), { maxLength: 4 }).map((all) => `[${all.join(',')}]`),
        ),
        space,
      )
      .map(([before, value, after]) => before + value + after),
  };
});

function rounded(value: unknown): unknown {
  if (value instanceof ExactNumber) return value.toNumber();
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, rounded(each)]));
}

describe('exact numbers', () => {
  for (const [text, exact] of [
    ['820982911946154508', true],
    ['9007199254740993', true],
    ['9007199254740992', false],
    ['1234567890123456', false],
    ['10000.00', true],
    ['10000.05', false],
    ['0.1', false],
    ['0.0000001', true],
    ['0.1234567890123456', true],
    ['1e5', true],
    ['1E+2', true],
    ['1e+21', true],
    ['-0', true],
    ['-0.0', true],
    ['-12.50', true],
    ['0', false],
    ['-5', false],
  ] as const) {
    it(`${exact ? 'has' : 'needs no'} ${text}`, () => {
      expect(losesText(text)).to.equal(exact);
      for (const body of [text, ` ${text}`, `[${text}]`, `{"a":${text}}`, `{"a" : ${text}\n}`, `[1,${text},2]`]) {
        const value: unknown = JSON.parse(body);
        expect(hasExactNumbers(withExactNumbers(body, value)), body).to.equal(exact);
        expect(withExactNumbers(body, value) === value, body).to.equal(!exact);
        expect(writeJson(parseExactly(body)).replace(/\s/g, '')).to.equal(body.replace(/\s/g, ''));
      }
    });
  }

  it('are what JSON.parse gives, to the digit, wherever they stand', () => {
    fc.assert(
      fc.property(jsonTexts, (text) => {
        const value: unknown = JSON.parse(text);
        const exact = withExactNumbers(text, value);
        expect(rounded(exact)).to.deep.equal(value);
        expect(JSON.stringify(rounded(exact))).to.equal(JSON.stringify(value));
      }),
      { numRuns: 2_000 },
    );
  });

  it('keep every digit of every number', () => {
    fc.assert(
      fc.property(numberTexts, (text) => {
        expect(String(parseExactly(text))).to.equal(text);
        const member: unknown = Reflect.get(Object(parseExactly(`{"s": "x", "a": ${text}}`)), 'a');
        expect(String(member)).to.equal(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are no numbers in strings', () => {
    const body = '{"a":"note: 10.00, 12345678901234567890 ]","b":"\\\\","c":"\\": 1.0,"}';
    const value: unknown = JSON.parse(body);
    expect(withExactNumbers(body, value)).to.equal(value);
  });

  it('cannot be forged by other numbers of the text', () => {
    const body = '[1.0, 1e30, 2e30, 1000000000000000000000000000000, 2.0]';
    expect([parseExactly(body)].flat().map(String)).to.deep.equal(body.slice(1, -1).split(', '));
  });

  it('are found in what nests deeper than the stack', () => {
    const depth = 100_000;
    const body = `${'['.repeat(depth)}1.0${']'.repeat(depth)}`;
    let value = parseExactly(body);
    while (Array.isArray(value)) value = value[0];
    expect(String(value)).to.equal('1.0');
  });

  it('are written as they were read', () => {
    fc.assert(
      fc.property(jsonTexts, fc.constantFrom(undefined, 2), (text, indent) => {
        const exact = parseExactly(text);
        const written = writeJson(exact, indent);
        expect(JSON.stringify(JSON.parse(written))).to.equal(JSON.stringify(JSON.parse(text)));
        expect(writeJson(parseExactly(written), indent)).to.equal(written);
        expect(writeJson(copyJson(exact), indent)).to.equal(written);
      }),
      { numRuns: 1_000 },
    );
  });

  it('keep their digits where JSON.stringify does not know them', () => {
    expect(JSON.stringify(parseExactly('{"id":820982911946154508}'))).to.equal('{"id":"820982911946154508"}');
  });

  it('compare to the last digit', () => {
    fc.assert(
      fc.property(numberTexts, numberTexts, (left, right) => {
        const difference = scaled(left, 450) - scaled(right, 450);
        expect(Math.sign(compareDecimals(left, right))).to.equal(difference === 0n ? 0 : difference < 0n ? -1 : 1);
      }),
      { numRuns: 2_000 },
    );
  });

  it('compare without computing what nobody could', () => {
    expect(compareDecimals('1e999999999', '1e999999998')).to.be.greaterThan(0);
    expect(compareDecimals('-1e999999999', '1e-999999999')).to.be.lessThan(0);
    expect(compareDecimals(`1e${'9'.repeat(1_000)}`, '5')).to.be.greaterThan(0);
    expect(compareDecimals(`0.${'0'.repeat(1_000_000)}1`, '0')).to.be.greaterThan(0);
    expect(compareDecimals('1e400', String(Number.POSITIVE_INFINITY))).to.be.lessThan(0);
  });

  it('know which literals JavaScript has another value for', () => {
    expect(['9007199254740993', '1e400', '0.10000000000000000001'].filter(losesValue)).to.have.length(3);
    expect(['10000.00', '0.1', '1e5', '9007199254740992', '-0.0'].filter(losesValue)).to.deep.equal([]);
  });
});
