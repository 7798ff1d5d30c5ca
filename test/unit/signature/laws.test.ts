import { expect } from 'chai';
import fc from 'fast-check';
import type { OutgoingRequest, Scheme } from '../../../src/core/model.js';
import { deliveryOf, now, providers, rejectionOf, requestOf, schemeOf, secretOf, secretTexts } from './support.js';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });

/** Bodies that Adyen's scheme can sign: batches with its eight fields, some of them absent. */
const batch = fc
  .array(
    fc.record(
      {
        pspReference: text,
        originalReference: text,
        merchantAccountCode: text,
        merchantReference: text,
        amount: fc.record({ value: fc.integer(), currency: text }),
        eventCode: text,
        success: fc.constantFrom('true', 'false'),
        additionalData: fc.dictionary(fc.string(), text, { noNullPrototype: true }),
      },
      { requiredKeys: ['pspReference', 'merchantAccountCode', 'eventCode', 'success'], noNullPrototype: true },
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((items) => ({ live: 'false', notificationItems: items.map((item) => ({ NotificationRequestItem: item })) }))
  .map((body) => Buffer.from(JSON.stringify(body)));

const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((array) => Buffer.from(array));

function outcome(scheme: Scheme, request: OutgoingRequest, secretText: string): string {
  const secrets = [secretOf(scheme, secretText)];
  return rejectionOf(() => scheme.verify(deliveryOf(request.body, request.headers), secrets, now));
}

describe('signing and verifying', () => {
  for (const name of providers) {
    const scheme = schemeOf(name);
    const secret = secretTexts[name];
    const bodies = name === 'adyen' ? batch : bytes;

    it(`${name}: what is signed is proven`, () => {
      fc.assert(
        fc.property(bodies, (body) => {
          const signed = scheme.sign(requestOf(body), scheme.key(secret), now);
          expect(outcome(scheme, signed, secret)).to.equal('verified');
          if (scheme.binds === 'body') {
            expect(signed.body.equals(body)).to.equal(true);
          }
        }),
      );
    });
  }

  for (const name of ['stripe', 'github', 'standard_webhooks'] as const) {
    const scheme = schemeOf(name);
    const secret = secretTexts[name];

    it(`${name}: a flipped bit of the body is a mismatch`, () => {
      fc.assert(
        fc.property(bytes, fc.nat(), (body, at) => {
          const signed = scheme.sign(requestOf(body), scheme.key(secret), now);
          const tampered = { ...signed, body: flipBit(body, at) };
          expect(outcome(scheme, tampered, secret)).to.equal('signature_mismatch');
        }),
      );
    });

    it(`${name}: a flipped bit of any header that it reads is refused`, () => {
      fc.assert(
        fc.property(bytes, fc.nat(), fc.constantFrom(...scheme.headers), (body, at, header) => {
          const signed = scheme.sign(requestOf(body), scheme.key(secret), now);
          const old = signed.headers[header] ?? '';
          const flipped = flipBit(Buffer.from(old, 'latin1'), at).toString('latin1');
          // Hexadecimal digits mean the same in either case.
          fc.pre(flipped.toLowerCase() !== old.toLowerCase());
          const tampered = { ...signed, headers: { ...signed.headers, [header]: flipped } };
          expect(outcome(scheme, tampered, secret)).to.match(/^(signature|timestamp)_/);
        }),
      );
    });
  }

  it('any text in the place of a header is a rejection, never another error', () => {
    const scheme = schemeOf('standard_webhooks');
    const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('v1,', ',', ' ', 'v1,=', '\u0000'));
    fc.assert(
      fc.property(anything, anything, anything, (id, time, signature) => {
        const headers = { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature };
        expect(outcome(scheme, requestOf('{}', headers), secretTexts.standard_webhooks)).to.match(
          /^(signature|timestamp)_/,
        );
      }),
    );
  });

  it('any body in the place of a batch is a rejection, never another error', () => {
    const scheme = schemeOf('adyen');
    const anything = fc.oneof(
      bytes,
      fc.json().map((json) => Buffer.from(json)),
      fc.json().map((json) => Buffer.from(`{"notificationItems":[${json}]}`)),
      fc.json().map((json) => Buffer.from(`{"notificationItems":[{"NotificationRequestItem":${json}}]}`)),
    );
    fc.assert(
      fc.property(anything, (body) => {
        expect(outcome(scheme, requestOf(body), secretTexts.adyen)).to.match(/^signature_/);
      }),
    );
  });
});

function flipBit(old: Buffer, at: number): Buffer {
  const flipped = Buffer.from(old);
  const index = (at >> 3) % flipped.length;
  flipped[index] = (flipped[index] ?? 0) ^ (1 << (at & 7));
  return flipped;
}
