import { expect } from 'chai';
import fc from 'fast-check';
import { Rejection } from '../../../src/rejection.js';
import { parseForm, parseMultipart } from '../../../src/signature/form.js';
import { parseBody } from '../../../src/signature/json-body.js';
import { Message } from '../../../src/signature/message.js';
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
    ['&'.repeat(1001), 'signature_malformed'],
    ['a=1&'.repeat(1001), 'signature_malformed'],
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

describe('a body of a stranger of which fields are signed', () => {
  const largest = 128 * 1024;
  const bodies: { readonly [what: string]: (size: number) => readonly [type: string, text: string] } = {
    'a form': (size) => ['application/x-www-form-urlencoded', '+'.repeat(size)],
    multipart: (size) => [
      'multipart/form-data; boundary=b',
      `--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n${' '.repeat(size - 56)}\r\n--b--`,
    ],
    JSON: (size) => ['application/json', `{}${' '.repeat(size - 2)}`],
  };

  for (const [what, make] of Object.entries(bodies)) {
    it(`as ${what} is read up to 128 KiB, and any size once it is proven`, () => {
      const read = (size: number, proven: boolean): string =>
        rejectionOf(() => {
          const [type, text] = make(size);
          expect(text).to.have.length(size);
          const message = new Message(deliveryOf(text, { 'content-type': type }));
          message.proven = proven;
          return type.endsWith('json') ? message.document : message.form;
        });
      expect(read(largest, false)).to.equal('verified');
      expect(read(largest + 1, false)).to.equal('signature_malformed');
      expect(read(1024 * 1024, true)).to.equal('verified');
    });
  }

  it('has at most 4,000 values', () => {
    const values = (count: number) => Buffer.from(`[${Array(count - 1).fill('1')}]`);
    expect(rejectionOf(() => parseBody(values(4000)))).to.equal('verified');
    expect(rejectionOf(() => parseBody(values(4001)))).to.equal('signature_malformed');
    expect(rejectionOf(() => parseBody(values(4001), true))).to.equal('verified');
  });
});
