import { createSecretKey } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { compileSignature } from '../../../src/signature/compile.js';
import type { HandshakeDeclaration, SignatureDeclaration } from '../../../src/signature/declaration.js';
import { compileHandshakes } from '../../../src/signature/handshake.js';
import { deliveryOf, now, rejectionOf, requestOf } from './support.js';

const plain: SignatureDeclaration = {
  algorithm: 'hmac-sha256',
  signature: { from: '{header.x}', encoding: 'hex' },
  content: '{raw}',
};
const secret = { name: 'current', key: createSecretKey(Buffer.from('the secret')) };

function handshake(when: HandshakeDeclaration['when'], body: string, verified: 'before' | 'after' = 'before') {
  return { when, verified, respond: { body } };
}

function outcome(text: string, handshakes: readonly HandshakeDeclaration[], signature = plain): string {
  const { scheme, faults } = compileSignature(signature, { handshakes });
  if (scheme === undefined) throw new Error(JSON.stringify(faults));
  const { headers, body } = scheme.sign(requestOf(text), secret.key, now);
  return rejectionOf(() => scheme.verify(deliveryOf(body, headers), [secret], now));
}

const hexOnly = handshake({ '{query.c|hex}': true }, '{query.c|hmac-sha256}');

describe('what a handshake signs for strangers', () => {
  const cases: readonly [string, string, HandshakeDeclaration, string][] = [
    ['fits the condition', 'abcd', hexOnly, 'signature_mismatch'],
    ['does not fit it', '{"id":1}', hexOnly, 'verified'],
    [
      'is one of some texts',
      'ping',
      handshake({ '{query.c}': ['ping', 'pong'] }, '{query.c|hmac-sha256}'),
      'signature_mismatch',
    ],
    ['is none of them', 'ring', handshake({ '{query.c}': ['ping', 'pong'] }, '{query.c|hmac-sha256}'), 'verified'],
    [
      'is filtered before it is signed',
      'ab',
      handshake({ '{json:/t}': true }, '{json:/t|hex|hmac-sha256}'),
      'signature_mismatch',
    ],
    ['passes no filter', 'xy', handshake({ '{json:/t}': true }, '{json:/t|hex|hmac-sha256}'), 'verified'],
    ['is a header', 'ff', handshake({ '{header.c|hex}': true }, '{header.c|hmac-sha256}'), 'signature_mismatch'],
    [
      'is only answered when proven',
      'abcd',
      handshake({ '{query.c}': true }, '{query.c|hmac-sha256}', 'after'),
      'verified',
    ],
    ['is not signed', 'abcd', handshake({ '{query.c}': true }, '{query.c}'), 'verified'],
  ];

  for (const [what, text, declared, expected] of cases) {
    it(`${expected}: a text that ${what}`, () => {
      expect(outcome(text, [declared])).to.equal(expected);
    });
  }

  it('is refused as a token, too', () => {
    const signature: SignatureDeclaration = {
      algorithm: 'jwt',
      signature: { from: '{header.x}' },
      jwt: { algorithms: ['HS256'] },
    };
    const dotted = handshake({ '{query.c}': ['{query.c|urlencode}'] }, '{query.c|hmac-sha256=base64url}');
    expect(outcome('', [], signature)).to.equal('verified');
    expect(outcome('', [dotted], signature)).to.equal('signature_mismatch');
  });

  it('is found out whatever the text is', () => {
    const { handshakes } = compileHandshakes([{ ...hexOnly, when: { '{method}': 'GET', ...hexOnly.when } }], plain, {});
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-fA-F]{1,12}$/));
    fc.assert(
      fc.property(text, (asked) => {
        const target = `/in?c=${encodeURIComponent(asked)}`;
        const answered = handshakes[0]?.answer({ ...deliveryOf('', {}), method: 'GET', target }, [secret], now);
        expect(outcome(asked, [hexOnly])).to.equal(answered === undefined ? 'verified' : 'signature_mismatch');
      }),
      { numRuns: 300 },
    );
  });

  for (const [why, declared] of [
    ['nothing limits the text', handshake({ '{query.c}': true }, '{query.c|hmac-sha256}')],
    ['another value is limited', handshake({ '{query.d|hex}': true }, '{query.c|hmac-sha256}')],
    ['the limit is none', handshake({ '{query.c}': '{query.c}' }, '{query.c|hmac-sha256}')],
    ['events pass the limit', handshake({ '{query.c|trim}': true }, '{query.c|hmac-sha256}')],
    ['the text is changed before it is signed', handshake({ '{query.c|hex}': true }, '{query.c|unbase64|hmac-sha256}')],
  ] as const) {
    it(`is a fault where ${why}`, () => {
      const { faults } = compileHandshakes([declared], plain, {});
      expect(faults.map(({ rule, severity }) => ({ rule, severity }))).to.deep.equal([
        { rule: 'handshake-signs-anything', severity: 'error' },
      ]);
    });
  }
});
