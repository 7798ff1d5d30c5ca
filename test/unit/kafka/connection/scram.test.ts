import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { PublishError } from '../../../../src/core/model.js';
import { loginByScram, type ScramLogin } from '../../../../src/kafka/connection/scram.js';

/** https://www.rfc-editor.org/rfc/rfc7677#section-3 */
const nonce = 'rOprNGfwEbeRWgbNEkqO';
const first = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
const last = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';
const pencil: ScramLogin = { digest: 'sha256', username: 'user', password: 'pencil' };

async function play(answers: readonly string[], login: ScramLogin = pencil) {
  const said: string[] = [];
  const rest = [...answers];
  const exchange = async (message: Buffer) => {
    said.push(message.toString());
    return Buffer.from(rest.shift() ?? '');
  };
  const fault = await loginByScram(exchange, login, nonce).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { said, fault };
}

describe('SCRAM', () => {
  it('says what the example of RFC 7677 says', async () => {
    const { said, fault } = await play([first, last]);
    expect(fault).to.equal(undefined);
    expect(said).to.deep.equal([
      'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    ]);
  });

  it('is taken by a server of SHA-512, whatever user and password are', () =>
    fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), async (username, password) => {
        const server = new Server(password);
        await loginByScram(async (message) => server.answer(message.toString()), {
          digest: 'sha512',
          username,
          password,
        });
        expect(server.user).to.equal(username);
      }),
      { numRuns: 20 },
    ));

  const refused: readonly (readonly [what: string, answers: readonly string[], reason: string, said: RegExp])[] = [
    ['no challenge', ['nonsense'], 'UNEXPECTED', /no challenge/],
    ['an extension that has to be known', [`m=x,${first}`], 'UNEXPECTED', /no challenge/],
    ['the nonce of another login', ['r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'], 'SASL_SERVER_NOT_TRUSTED', /nonce/],
    [
      'a nonce without a part of its own',
      [`r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`],
      'SASL_SERVER_NOT_TRUSTED',
      /nonce/,
    ],
    ['too few iterations', [first.replace('4096', '4095')], 'SASL_SERVER_NOT_TRUSTED', /4095 iterations/],
    ['iterations without end', [first.replace('4096', '999999999')], 'SASL_SERVER_NOT_TRUSTED', /999999999 iterations/],
    ['a refusal', [first, 'e=invalid-proof'], 'SASL_AUTHENTICATION_FAILED', /user name or password is wrong/],
    ['another signature', [first, last.replace('6rri', '7rri')], 'SASL_SERVER_NOT_TRUSTED', /somebody else/],
    ['no signature', [first, ''], 'SASL_SERVER_NOT_TRUSTED', /somebody else/],
    ['a short signature', [first, 'v=6rri'], 'SASL_SERVER_NOT_TRUSTED', /somebody else/],
  ];
  for (const [what, answers, reason, message] of refused) {
    it(`is given up at ${what}`, async () => {
      const { fault } = await play(answers);
      expect(fault).to.be.instanceOf(PublishError).and.to.include({ reason });
      expect(String(fault)).to.match(message).and.not.include('pencil');
    });
  }
});

/** The other side, by RFC 5802 alone. */
class Server {
  user = '';
  readonly #salt = Buffer.from('0123456789abcdef');
  readonly #password: string;
  #transcript = '';

  constructor(password: string) {
    this.#password = password;
  }

  answer(message: string): Buffer {
    if (!message.startsWith('c=')) return this.#challenge(message.slice('n,,'.length));
    const [, withoutProof = '', proof = ''] = /^(.*),p=(.*)$/s.exec(message) ?? [];
    const auth = `${this.#transcript},${withoutProof}`;
    const hmac = (key: Buffer, text: string) => createHmac('sha512', key).update(text).digest();
    const salted = pbkdf2Sync(this.#password, this.#salt, 4096, 64, 'sha512');
    const clientKey = hmac(salted, 'Client Key');
    const signature = hmac(createHash('sha512').update(clientKey).digest(), auth);
    const expected = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
    if (proof !== expected.toString('base64')) return Buffer.from('e=invalid-proof');
    return Buffer.from(`v=${hmac(hmac(salted, 'Server Key'), auth).toString('base64')}`);
  }

  #challenge(bare: string): Buffer {
    const [, user = '', nonce = ''] = /^n=([^,]*),r=([^,]+)$/s.exec(bare) ?? [];
    this.user = user.replaceAll('=2C', ',').replaceAll('=3D', '=');
    const challenge = `r=${nonce}server,s=${this.#salt.toString('base64')},i=4096`;
    this.#transcript = `${bare},${challenge}`;
    return Buffer.from(challenge);
  }
}
