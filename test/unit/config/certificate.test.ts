import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { expiryOf, findTlsFault, readCertificates } from '../../../src/config/certificate.js';
import { pair } from '../../support/tls.js';

describe("a server's certificate", () => {
  const { cert, key } = pair();
  const other = pair();

  it('is usable with its key, its authorities after it, and those of clients', () => {
    expect(findTlsFault({ cert, key })).to.equal(undefined);
    expect(findTlsFault({ cert: `some text\n${cert}\n${other.cert}`, key, clientCa: other.cert })).to.equal(undefined);
    expect(readCertificates(cert + other.cert)).to.have.length(2);
  });

  const encrypted = createPrivateKey(key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'secret',
  });
  const damaged = cert.replace(/[A-Za-z]{20}/, '????');
  const small = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' });
  const cases: readonly (readonly [
    what: string,
    texts: Parameters<typeof findTlsFault>[0],
    part: string,
    message: RegExp,
  ])[] = [
    ['no certificate', { cert: 'hello', key }, 'cert', /no certificate in PEM form/],
    ['a damaged certificate', { cert: damaged, key }, 'cert', /no certificate in PEM form/],
    ['a key in its place', { cert: key, key }, 'cert', /no certificate in PEM form/],
    ['no key', { cert, key: 'hello' }, 'key', /not a private key in PEM form/],
    ['a certificate for a key', { cert, key: cert }, 'key', /not a private key in PEM form/],
    ['an encrypted key', { cert, key: String(encrypted) }, 'key', /encrypted/],
    ['the key of another one', { cert, key: other.key }, 'key', /not that of the certificate/],
    ['a key of another kind', { cert, key: String(small) }, 'key', /not that of the certificate/],
    ['the authority first', { cert: other.cert + cert, key }, 'key', /not that of the certificate/],
    ['no authority of clients', { cert, key, clientCa: key }, 'clientCa', /no certificate in PEM form/],
  ];
  for (const [what, texts, part, message] of cases) {
    it(`is refused with ${what}, by the part and without a byte of the key`, () => {
      const fault = findTlsFault(texts);
      expect(fault?.part).to.equal(part);
      expect(fault?.message).to.match(message);
      expect(fault?.hint).to.be.a('string');
      expect(JSON.stringify(fault)).not.to.include(key.split('\n')[1]);
    });
  }

  it('has an end', () => {
    expect(expiryOf(pair({ expires: Date.UTC(2031, 4, 5) }).cert)).to.equal(Date.UTC(2031, 4, 5));
    expect(expiryOf('hello')).to.equal(undefined);
    expect(new X509Certificate(cert).subject).to.equal('CN=localhost');
  });
});
