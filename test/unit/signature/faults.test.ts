import { expect } from 'chai';
import { compileSignature } from '../../../src/signature/compile.js';
import type { SchemeDeclaration } from '../../../src/signature/declaration.js';
import { schemeOf } from './support.js';

const good: SchemeDeclaration & { content: string } = {
  algorithm: 'hmac-sha256',
  signature: { from: '{header.x-signature}', split: { items: ',', pair: '=' }, pick: 'v1', encoding: 'hex' },
  content: '{sig.t}.{raw}',
};
const from = '/signature/signature/from';
const content = '/signature/content';
const time = { unit: 's', tolerance: '300s' } as const;

/** What is wrong, where (pointer, and the part of the text that is meant), and what is said about it. */
const cases: readonly (readonly [SchemeDeclaration, string, string | undefined, RegExp])[] = [
  [{ ...good, content: '{sig.t}.{rwa}' }, content, 'rwa', /unknown source "rwa".*did you mean "raw"/],
  [{ ...good, content: '{cookie.x}' }, content, 'cookie.x', /unknown source "cookie.x".*known: raw, method, url/],
  [{ ...good, content: '{sig.t|lowr}{raw}' }, content, 'lowr', /unknown filter "lowr".*did you mean "lower"/],
  [{ ...good, content: '{sig.t|lower=x}{raw}' }, content, 'lower=x', /takes no text/],
  [{ ...good, content: '{sig.t|default}{raw}' }, content, 'default', /default=TEXT/],
  [{ ...good, content: '{raw|sha256=b64}{sig.t}' }, content, 'sha256=b64', /one of hex, base64/],
  [{ ...good, content: '{raw.x}' }, content, 'raw.x', /takes no name/],
  [{ ...good, content: '{header}{raw}' }, content, 'header', /needs a name/],
  [{ ...good, content: '{header.a b}{raw}' }, content, 'header.a b', /needs a name/],
  [{ ...good, content: '{json:a}' }, content, 'json:a', /needs a JSON pointer/],
  [{ ...good, content: '{sig.t' }, content, '{', /without its counterpart/],
  [{ ...good, content: '{raw}[{sig.t}' }, content, '[', /without its counterpart/],
  [{ ...good, content: '{raw}]' }, content, ']', /without its counterpart/],
  [{ ...good, content: 'constant' }, content, undefined, /nothing of the delivery is signed/],
  [{ ...good, content: '{sig.v1}{raw}' }, content, '{sig.v1}', /the signature itself/],
  [{ ...good, content: '{item:/a}' }, content, '{item:/a}', /top-level key "items"/],
  [{ ...good, signature: { ...good.signature, from: 'v1' } }, from, undefined, /one source is needed/],
  [{ ...good, signature: { ...good.signature, from: '{header.a}{header.b}' } }, from, undefined, /one source/],
  [{ ...good, signature: { ...good.signature, from: '{raw}' } }, from, '{raw}', /read from a header/],
  [
    { ...good, content: '{raw}', signature: { from: '{header.x}', pick: 'v1', encoding: 'hex' } },
    '/signature/signature/pick',
    undefined,
    /"pick" needs "split"/,
  ],
  [
    { ...good, signature: { from: '{header.x}', split: { items: ',', pair: '=' }, encoding: 'hex' } },
    '/signature/signature/split',
    undefined,
    /"pair" needs "pick"/,
  ],
  [{ ...good, signature: { from: '{header.x}', encoding: 'hex' } }, content, '{sig.t}', /needs "split"/],
  [{ ...good, timestamp: { ...time, value: '{raw}' } }, '/signature/timestamp/value', '{raw}', /not a timestamp/],
];

describe('faults of a signature declaration', () => {
  for (const [declaration, pointer, part, message] of cases) {
    it(`${part ?? pointer}: ${message.source}`, () => {
      const { scheme, faults } = compileSignature(declaration);
      const fault = faults[0];
      expect(scheme).to.equal(undefined);
      expect(faults).to.have.length(1);
      expect(fault?.severity).to.equal('error');
      expect(fault?.pointer).to.equal(pointer);
      expect(`${fault?.message} ${fault?.hint ?? ''}`).to.match(message);
      const text = pointer === from ? String(declaration.signature?.from) : String(declaration.content);
      const source = pointer.startsWith('/signature/timestamp') ? (declaration.timestamp?.value ?? '') : text;
      expect(fault?.within && source.slice(...fault.within)).to.equal(part);
    });
  }

  it('all are found at once', () => {
    const declaration = { ...good, content: '{a}{b}', timestamp: { ...time, value: '{c}' } };
    expect(compileSignature(declaration).faults).to.have.length(3);
  });

  it('items and a header: a signature of the whole cannot read an item', () => {
    const { faults } = compileSignature({ ...good, content: '{raw}{item:/a}' }, { items: '/*' });
    expect(faults[0]?.message).to.match(/needs a signature in each item/);
  });

  it('a signature inside the body cannot cover the whole body', () => {
    const signature = { from: '{item:/s}', encoding: 'hex' } as const;
    const { faults } = compileSignature({ ...good, signature, content: '{raw}' }, { items: '/*' });
    expect(faults[0]?.message).to.match(/cannot cover the whole body/);
  });

  it('a timestamp that is not signed is a warning, and the scheme is there', () => {
    const { scheme, faults } = compileSignature({ ...good, timestamp: { ...time, value: '{header.x-time}' } });
    expect(scheme?.headers).to.deep.equal(['x-signature', 'x-time']);
    expect(faults.map(({ severity }) => severity)).to.deep.equal(['warning']);
  });
});

describe('a secret', () => {
  it('is read as the scheme says', () => {
    const standard = schemeOf('standard_webhooks');
    const bytes = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
    expect(standard.key('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw').export().equals(bytes)).to.equal(true);
    expect(schemeOf('stripe').key('whsec_x').export().toString()).to.equal('whsec_x');
  });

  const bad = [
    ['standard_webhooks', 'whsec_not base64!', /^the secret is not base64$/],
    [
      'standard_webhooks',
      'v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      /^the secret is not base64: leave out what stands before "whsec_", such as "v1,"$/,
    ],
    ['standard_webhooks', 'whsec_', /^the secret has nothing after its prefix$/],
    ['adyen', 'DFB1EB548589X', /^the secret is not hex$/],
    ['stripe', '', /^the secret is empty$/],
    ['stripe', 'whsec_x\n', /^the secret begins or ends with white space$/],
  ] as const;
  for (const [provider, text, message] of bad) {
    it(`${provider}, ${JSON.stringify(text)}: ${message.source}`, () => {
      expect(() => schemeOf(provider).key(text)).to.throw(Error, message);
    });
  }
});
