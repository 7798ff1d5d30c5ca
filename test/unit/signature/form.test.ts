import { expect } from 'chai';
import fc from 'fast-check';
import { Rejection } from '../../../src/core/rejection.js';
import { FormFields, parseForm, parseMultipart } from '../../../src/signature/form.js';
import { SignedMessage } from '../../../src/signature/message.js';
import { NameTable } from '../../../src/signature/name-table.js';
import { Pointers } from '../../../src/signature/pointers.js';
import { deliveryOf, rejectionOf } from './support.js';

function fields(text: string): unknown {
  try {
    return parseForm(Buffer.from(text, 'latin1'));
  } catch (error) {
    return error instanceof Rejection ? error.code : error;
  }
}

describe('a form', () => {
  it('reads what URLSearchParams writes', () => {
    const names = fc.string({ unit: 'grapheme', maxLength: 20 });
    fc.assert(
      fc.property(fc.array(fc.tuple(names, names), { maxLength: 20 }), (pairs) => {
        expect(fields(new URLSearchParams(pairs).toString())).to.deep.equal(pairs);
      }),
    );
  });

  const cases: readonly (readonly [string, unknown])[] = [
    ['', []],
    ['a', [['a', '']]],
    ['a=', [['a', '']]],
    ['=b', [['', 'b']]],
    ['a=b=c', [['a', 'b=c']]],
    ['&&a=1&', [['a', '1']]],
    [
      'a=1&a=2',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['a=%C3%A9+%2b', [['a', 'é +']]],
    ['a=%C3%a9', [['a', 'é']]],
    ['a=%00', [['a', '\u0000']]],
    ['a=%', 'signature_malformed'],
    ['a=%4', 'signature_malformed'],
    ['a=%zz', 'signature_malformed'],
    ['a=%ff', 'signature_malformed'],
    ['a=\xff', 'signature_malformed'],
    ['&'.repeat(1001), []],
  ];
  for (const [text, expected] of cases) {
    it(JSON.stringify(text.slice(0, 30)), () => {
      expect(fields(text)).to.deep.equal(expected);
    });
  }

  it('multipart without an end, a name or a boundary is refused', () => {
    const good = '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--';
    expect(parseMultipart(good, 'multipart/form-data; boundary="x"')).to.deep.equal([['a', '1']]);
    for (const [text, type] of [
      [good, 'multipart/form-data'],
      [good.slice(0, -2), 'multipart/form-data; boundary=x'],
      [good.replace('name', 'file'), 'multipart/form-data; boundary=x'],
      ['', 'multipart/form-data; boundary=x'],
      ['--x\r\n'.repeat(200), 'multipart/form-data; boundary=x'],
    ] as const) {
      expect(() => parseMultipart(text, type)).to.throw(Rejection);
    }
  });
});

describe('fields that are read of a form', () => {
  /** What is found of each name; a refusal is found where it is read. */
  function find(text: string, names: readonly string[]): readonly unknown[] | string {
    const table = new NameTable();
    const numbers = names.map((name) => table.add(name));
    let found: readonly unknown[] = [];
    const outcome = rejectionOf(() => {
      const form = new FormFields(Buffer.from(text, 'latin1'), table);
      found = numbers.map((number) => {
        let value: unknown;
        const refusal = rejectionOf(() => {
          value = form.value(number, 'x');
        });
        return refusal === 'verified' ? value : refusal;
      });
    });
    return outcome === 'verified' ? found : outcome;
  }

  it('are those that URLSearchParams reads; what is there twice has no value', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 3 });
    const short = fc.constantFrom('a', 'b', 'ab', 'é', 'a b', '', '%', '&', '=');
    const pairs = fc.array(fc.tuple(fc.oneof(text, short), text), { maxLength: 12 });
    fc.assert(
      fc.property(pairs, fc.array(fc.oneof(text, short), { maxLength: 4 }), (given, names) => {
        const params = new URLSearchParams(given);
        const wanted = names.map((name) => {
          const all = params.getAll(name);
          return all.length > 1 ? 'signature_malformed' : all[0];
        });
        expect(find(params.toString(), names)).to.deep.equal(wanted);
      }),
    );
  });

  const cases: readonly (readonly [string, readonly string[], unknown])[] = [
    ['', ['a'], [undefined]],
    ['a', ['a'], ['']],
    ['a&b=1', ['a', 'b'], ['', '1']],
    ['&&a=1&', ['a'], ['1']],
    ['=b&a=b=c', ['a'], ['b=c']],
    ['%61=1', ['a'], ['1']],
    ['%61=1&a=2', ['a'], ['signature_malformed']],
    ['a+b=1&a%20c=2', ['a b', 'a c'], ['1', '2']],
    ['%C3%A9=1&aa=2', ['é', 'aa', 'aaa'], ['1', '2', undefined]],
    ['a=%zz&b=1', ['a', 'b'], ['signature_malformed', '1']],
    ['a=%ff&b=\xff&c=1', ['a', 'b', 'c'], ['signature_malformed', 'signature_malformed', '1']],
    ['a%=1&b=1', ['b'], 'signature_malformed'],
    ['a%6=1&b=1', ['b'], 'signature_malformed'],
    ['a=', ['a'], ['']],
    [`a=${'x'.repeat(1000)}&b=1`, ['b'], ['1']],
    [`${'a=1&'.repeat(100_000)}b=1`, ['b'], ['1']],
  ];
  for (const [text, names, wanted] of cases) {
    it(`${names} of ${JSON.stringify(text.slice(0, 30))}`, () => expect(find(text, names)).to.deep.equal(wanted));
  }
});

describe('a body of a stranger of which fields are signed', () => {
  const mebibyte = 1024 * 1024;
  const bodies: { readonly [what: string]: (size: number) => readonly [type: string, text: string] } = {
    'a form': (size) => ['application/x-www-form-urlencoded', `a=1&b=${'+'.repeat(size - 6)}`],
    multipart: (size) => [
      'multipart/form-data; boundary=b',
      `--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n${'1'.repeat(size - 56)}\r\n--b--`,
    ],
    JSON: (size) => ['application/json', `{"b":[${Array(size / 2 - 6).fill(1)}],"a":1}`],
  };
  const pointers = new Pointers();
  const slot = pointers.add(['a']);
  const form = { names: new NameTable(), all: false };
  const number = form.names.add('a');

  for (const [what, make] of Object.entries(bodies)) {
    it(`is read as ${what} of any size and any number of values`, () => {
      for (const size of [1024, mebibyte, 4 * mebibyte]) {
        const [type, text] = make(size);
        const message = new SignedMessage(deliveryOf(text, { 'content-type': type }));
        const json = type.endsWith('json');
        const value = json ? message.json(pointers, slot, false) : message.field(form, number, 'a', false);
        expect(`${value}`).to.match(/^1+$/);
      }
    });
  }

  const oneField = 320 * 1024;
  for (const json of [true, false]) {
    it(`has at most 320 KiB in a field of ${json ? 'JSON' : 'a form'}, unless it holds the payload or is proven`, () => {
      function read(length: number, whole: boolean, proven = false): string {
        const value = 'x'.repeat(length);
        const message = new SignedMessage(
          json ? deliveryOf(`{"a":"${value}"}`, {}) : deliveryOf(`a=${value}`, { 'content-type': 'x' }),
        );
        message.proven = proven;
        return rejectionOf(() =>
          json ? message.json(pointers, slot, whole) : message.field(form, number, 'a', whole),
        );
      }
      // The quotes of a text count.
      const most = json ? oneField - 2 : oneField;
      expect(read(most, false)).to.equal('verified');
      expect(read(most + 1, false)).to.equal('signature_malformed');
      expect(read(most + 1, true)).to.equal('verified');
      expect(read(most + 1, false, true)).to.equal('verified');
    });
  }

  it('has at most 768 KiB with escapes in a text of JSON that holds the payload, until it is proven', () => {
    function read(length: number, begin: string, proven = false): string {
      const message = new SignedMessage(deliveryOf(`{"a":"${begin}${'x'.repeat(length - 4)}"}`, {}));
      message.proven = proven;
      return rejectionOf(() => message.json(pointers, slot, true));
    }
    const most = 768 * 1024;
    expect(read(most, '\\n')).to.equal('verified');
    expect(read(most + 1, '\\n')).to.equal('signature_malformed');
    expect(read(most + 1, 'xx')).to.equal('verified');
    expect(read(most + 1, '\\n', true)).to.equal('verified');
  });

  it('has at most 50,000 members in an object on the way to what is read', () => {
    function read(count: number): string {
      const members = Array.from({ length: count - 1 }, (_, n) => `"m${n}":1`);
      return rejectionOf(() => new SignedMessage(deliveryOf(`{${members},"a":1}`, {})).json(pointers, slot, false));
    }
    expect(read(50_000)).to.equal('verified');
    expect(read(50_001)).to.equal('signature_malformed');
  });

  it('has at most 1,000 fields where some of them are read, until it is proven', () => {
    function read(count: number, proven: boolean): string {
      const message = new SignedMessage(deliveryOf(`${'b=1&'.repeat(count - 1)}a=1`, { 'content-type': 'x' }));
      message.proven = proven;
      return rejectionOf(() => message.field(form, number, 'a', false));
    }
    expect(read(1000, false)).to.equal('verified');
    expect(read(1001, false)).to.equal('signature_malformed');
    expect(read(1001, true)).to.equal('verified');
  });

  it('has no form fields if it is JSON', () => {
    const message = new SignedMessage(deliveryOf('a=1', { 'content-type': 'application/json; charset=utf-8' }));
    expect(message.field(form, number, 'a', false)).to.equal(undefined);
  });

  it('has at most 1,000 fields or members where all of them are signed, until it is proven', () => {
    const read = (count: number, proven: boolean, json: boolean) => {
      const names = Array.from({ length: count }, (_, n) => `a${n}`);
      const text = json ? `{${names.map((name) => `"${name}":1`)}}` : names.map((name) => `${name}=1`).join('&');
      const message = new SignedMessage(deliveryOf(text, { 'content-type': 'x' }));
      message.proven = proven;
      return rejectionOf(() => (json ? message.members : message.form));
    };
    for (const json of [true, false]) {
      expect(read(1000, false, json)).to.equal('verified');
      expect(read(1001, false, json)).to.equal('signature_malformed');
      expect(read(1001, true, json)).to.equal('verified');
    }
  });
});
