import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import fc from 'fast-check';
import { findCards } from '../../../../src/core/protect/find-cards.js';
import { cardCases, cardNumbers, withCheckDigit } from '../../../cases/card-numbers.js';

function found(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  return findCards(bytes).map(({ start, end }) => bytes.subarray(start, end).toString());
}

describe('card numbers', () => {
  it('are found in at least 200 payloads, each once', () => {
    expect(cardCases.length).to.be.at.least(200);
    for (const { name, body } of cardCases) expect(found(body), `${name}: ${body}`).to.have.length(1);
  });

  const others: readonly (readonly [string, string])[] = [
    ['a wrong check digit', '4242424242424243'],
    ['no issuer', withCheckDigit('100000000000000')],
    ['12 digits', withCheckDigit('67596498264')],
    ['20 digits', '42424242424242424242'],
    ['a word before', 'pi_4242424242424242'],
    ['a word after', '4242424242424242x'],
    ['a word before, escaped', '\\u00614242424242424242'],
    ['a UUID', '42424242-4242-4242-4242-424242424242'],
    ['an IBAN', 'DE89 4242 4242 4242 4242'],
    ['a coordinate', '{"lat":51.50735091234565,"lon":4.242424242424242}'],
    ['a fraction', '0.4242424242424242'],
    ['an id', '{"id":4242424242424242,"order_id":"4242424242424242","paymentReference":"4242424242424242"}'],
    ['an id of a path', '{"admin_graphql_api_id":"gid://shopify/Order/4242424242424242"}'],
    ['an id in a form', 'id=4242424242424242&order%5Bid%5D=4242424242424242'],
    ['an id in XML', '<orderId>4242424242424242</orderId>'],
    ['a number of an invoice', '{"invoice_number":"4242424242424242"}'],
    ['an id in a JSON text', '{"a":"{\\"id\\":\\"4242424242424242\\"}"}'],
  ];
  for (const [name, text] of others) it(`are not: ${name}`, () => expect(found(text)).to.deep.equal([]));

  const taken: readonly (readonly [string, string])[] = [
    ['a card in the name', '{"card_id":"4242424242424242"}'],
    ['an account number', '{"account_number":"4242424242424242"}'],
    ['set as on a card', '{"id":"4242 4242 4242 4242"}'],
    ['words after it', '{"reference":"4242424242424242 exp 12/27"}'],
    ['escaped', '{"id":"\\u0034242424242424242"}'],
  ];
  for (const [name, text] of taken)
    it(`are, also under the name of an id: ${name}`, () => expect(found(text)).to.have.length(1));

  it('come with the name of their field, for people', () => {
    const names = (text: string) => findCards(Buffer.from(text)).map(({ name }) => name);
    expect(names('{"a":"4242424242424242","b":"card 4242424242424242"}')).to.deep.equal(['a', 'b']);
    expect(names('a=4242424242424242&<c>4242424242424242</c>')).to.deep.equal(['a', 'c']);
    expect(names('{"4242424242424242":1}')).to.deep.equal([undefined]);
  });

  it('are found wherever they stand in a text', () => {
    const around = fc.stringMatching(/^[^0-9A-Za-z_%&\\]{0,40}$/);
    const digits = fc.constantFrom(...cardNumbers);
    fc.assert(
      fc.property(around, digits, around, (before, number, after) => {
        expect(found(`${before}. ${number} ${after}`).join()).to.include(number);
      }),
    );
  });

  it('are no digits of any bytes: nothing throws, and places are in order', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9%&#;\\u+. /-]{0,200}$/), fc.uint8Array({ maxLength: 20 }), (text, bytes) => {
        const all = Buffer.concat([Buffer.from(text), bytes, Buffer.from(text)]);
        let last = 0;
        for (const { start, end } of findCards(all)) {
          expect(start).to.be.at.least(last);
          expect(end).to.be.within(start + 13, all.length);
          last = end;
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('texts that are made to be slow', () => {
  const parts = [
    '1 ',
    '4242424242424242 ',
    '"id":"4242424242424242",',
    '4-2.4-2 ',
    '\\u0034',
    '%34',
    '&',
    '&#52;',
    '\\',
    '<',
  ];
  for (const part of parts) {
    it(`take a time in proportion to their length: ${part}`, () => {
      const text = Buffer.from(part.repeat(2 ** 20 / part.length));
      const before = process.cpuUsage();
      findCards(text);
      // Tens of milliseconds; what grows with the square takes minutes.
      expect(process.cpuUsage(before).user / 1000).to.be.below(2_000);
    });
  }
});

/** A generator of numbers that is the same in every run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('ids of 13 to 19 digits', () => {
  const random = createRandom(1);
  const digits = (count: number) => Array.from({ length: count }, () => Math.floor(random() * 10)).join('');
  const each = 20_000;

  /** Ids as they occur, each in its payload. */
  const kinds: readonly (readonly [string, (index: number) => string])[] = [
    ['random, of 16 digits', () => `{"id":"evt_1","data":{"order_id":"${digits(16)}"}}`],
    ['random, as a number', () => `{"data":{"id":${1 + Math.floor(random() * 8)}${digits(15)},"amount":1000}}`],
    [
      'in order',
      (index) => `{"order_number":"${4_000_000_000_000_000 + index}","transactionId":${5_100_000_000_000_000 + index}}`,
    ],
    [
      'with a prefix',
      () => `{"payment_intent":"pi_3${digits(15)}","charge":"ch_${digits(16)}","note":"inv-${digits(4)}"}`,
    ],
    ['of Shopify', () => `{"id":${digits(13)},"admin_graphql_api_id":"gid://shopify/Order/${digits(14)}"}`],
    ['of Facebook', () => `{"entry":[{"id":"1784140${digits(10)}","uid":"1000${digits(11)}"}]}`],
    ['snowflakes', () => `{"message":{"id":"17${digits(17)}"},"user":12${digits(17)}}`],
    [
      'times in microseconds',
      () => `{"created_us":17${digits(14)},"ts":"17${digits(8)}.${digits(6)}","nanos":17${digits(17)}}`,
    ],
    ['UUIDs', () => `{"ref":"${digits(8)}-${digits(4)}-4${digits(3)}-8${digits(3)}-${digits(12)}"}`],
  ];

  for (const [name, make] of kinds) {
    it(`are left alone: ${name}`, () => {
      let touched = 0;
      for (let index = 0; index < each; index++) touched += Math.min(1, findCards(Buffer.from(make(index))).length);
      expect(touched / each).to.be.at.most(0.001);
    });
  }

  it('are left alone in the examples of the shipped plugins', () => {
    const folder = fileURLToPath(new URL('../../../../plugins', import.meta.url));
    const examples = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /examples\/[^/]+\.json$/.test(path),
    );
    expect(examples.length).to.be.above(200);
    for (const path of examples) expect(findCards(readFileSync(join(folder, path))), path).to.deep.equal([]);
  });

  it('are taken in few cases where no name says that they are ids: one in 27 of random ones', () => {
    let touched = 0;
    for (let index = 0; index < each; index++) touched += findCards(Buffer.from(`{"value":"${digits(16)}"}`)).length;
    expect(touched / each).to.be.within(0.03, 0.045);
  });
});
