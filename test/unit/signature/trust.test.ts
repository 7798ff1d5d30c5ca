import { type KeyObject, X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { expect } from 'chai';
import type { Delivery, KeyRequest } from '../../../src/core/model.js';
import { Rejection } from '../../../src/core/rejection.js';
import { gatherKeys } from '../../../src/core/stages/verify.js';
import { readCertificates } from '../../../src/signature/certificates.js';
import { compileSignature } from '../../../src/signature/compile.js';
import type { SchemeDeclaration } from '../../../src/signature/declaration.js';
import { declarationOf } from '../plugins-data/endpoints.js';
import { certify, type Identity } from '../server/keys/certificate.js';
import { compiled, deliveryOf } from './support.js';

const clock = Date.UTC(2030, 0);
const expires = Date.UTC(2040, 0);
const name = 'keys.example.com';
const root = certify({ name: 'root.example', authority: true, expires });
const intermediate = certify({ name: 'intermediate.example', issuer: root, authority: true, expires });
const good = certify({ name, issuer: root, expires });
const below = certify({ name, issuer: intermediate, expires });

function declaring(ca: string, issuers?: readonly string[]): SchemeDeclaration {
  const remote = { url: '{header.x-cert-url}', hosts: [name], ...(issuers !== undefined && { issuers }) };
  return {
    algorithm: 'ecdsa-sha256',
    signature: { from: '{header.x-signature}', encoding: 'base64' },
    content: '{raw}',
    key: { format: 'cert', subject: name, ca, remote },
  };
}

function signedBy(key: KeyObject): Delivery {
  const headers = { 'x-cert-url': `https://${name}/a.pem` };
  const request = { method: 'POST', url: 'http://gateway/in', headers, body: Buffer.from('{}') };
  return deliveryOf('{}', compiled(declaring(root.cert)).sign(request, key, clock).headers);
}

type Web = { readonly [url: string]: string | undefined };

/** What comes of a delivery that is signed with the key of `of`, and what was asked for. */
async function judge(
  declared: SchemeDeclaration,
  of: Identity,
  web: Web,
  now = clock,
): Promise<{ outcome: string; asked: readonly string[] }> {
  const scheme = compiled(declared);
  const delivery = signedBy(of.key);
  const asked: string[] = [];
  async function get({ url, certificate }: KeyRequest) {
    asked.push(url);
    const text = web[url];
    if (text === undefined) return undefined;
    return { text: certificate && text.startsWith('-----') ? derOf(text) : text };
  }
  try {
    const keys = await gatherKeys(scheme, delivery, { secrets: [] }, now, get);
    scheme.verify(delivery, [], now, { params: {}, keys });
    return { outcome: 'verified', asked };
  } catch (error) {
    return { outcome: error instanceof Rejection ? error.code : String(error), asked };
  }
}

function derOf(pem: string): string {
  return new X509Certificate(pem).raw.toString('base64');
}

async function outcomeOf(of: Identity, document: string, ca = root.cert, now = clock): Promise<string> {
  return (await judge(declaring(ca), of, { [`https://${name}/a.pem`]: document }, now)).outcome;
}

describe('the certificate of a key', () => {
  const past = Date.UTC(2029, 0);
  const future = Date.UTC(2031, 0);
  const self = certify({ name, expires });
  const selfAuthority = certify({ name, expires, authority: true });
  const namesake = certify({ name: 'root.example', authority: true, expires });
  const noAuthority = certify({ name: 'host.example', issuer: root, expires });
  const expired = certify({ name: 'expired.example', issuer: root, authority: true, expires: past });
  const early = certify({ name: 'early.example', issuer: root, authority: true, expires, begins: future });
  const oldRoot = certify({ name: 'old.example', authority: true, expires: past });
  const other = certify({ name: 'evil.example', issuer: root, expires });
  const issued = (issuer: Identity) => certify({ name, issuer, expires });

  const cases: readonly (readonly [string, string, Identity, string?, string?])[] = [
    ['of a trusted authority', 'verified', good],
    ['with its authority behind it', 'verified', good, root.cert],
    ['with its intermediate authority', 'verified', below, intermediate.cert],
    ['with its intermediate authority, last', 'verified', below, root.cert + intermediate.cert],
    ['whose intermediate authority is pinned', 'verified', below, '', intermediate.cert],
    ['without its intermediate authority', 'key_untrusted', below],
    ['that signs itself', 'key_untrusted', self],
    ['that signs itself, as an authority', 'key_untrusted', selfAuthority],
    ['that signs itself, with a trusted one behind it', 'key_untrusted', self, root.cert],
    ['of an authority of the same name with another key', 'key_untrusted', issued(namesake)],
    ['of an authority that the document brings itself', 'key_untrusted', issued(namesake), namesake.cert],
    ['of a host that is no authority', 'key_untrusted', issued(noAuthority), noAuthority.cert],
    ['of an intermediate authority that has expired', 'key_untrusted', issued(expired), expired.cert],
    ['of an intermediate authority that is not valid yet', 'key_untrusted', issued(early), early.cert],
    ['of a pinned authority that has expired', 'key_untrusted', issued(oldRoot), '', oldRoot.cert],
    ['that is made out to another name', 'key_untrusted', other],
    ['that is made out to another name, with one behind it', 'key_untrusted', other, good.cert],
    ['that has expired', 'key_untrusted', certify({ name, issuer: root, expires: past })],
    ['that is not valid yet', 'key_untrusted', certify({ name, issuer: root, expires, begins: future })],
  ];
  for (const [what, expected, identity, behind = '', ca] of cases) {
    it(`${what}: ${expected}`, async () => {
      expect(await outcomeOf(identity, identity.cert + behind, ca)).to.equal(expected);
    });
  }

  it('proves nothing that another key has signed', async () => {
    expect(await outcomeOf(other, good.cert)).to.equal('signature_mismatch');
  });

  it('is judged anew when its time is over, though the document is the same', async () => {
    const scheme = compiled(declaring(root.cert));
    const document = { text: good.cert };
    const delivery = signedBy(good.key);
    const verify = async (now: number) => {
      const keys = await gatherKeys(scheme, delivery, { secrets: [] }, now, async () => document);
      return scheme.verify(delivery, [], now, { params: {}, keys }).secret;
    };
    expect(await verify(clock)).to.equal(name);
    const late = await verify(Date.UTC(2041, 0)).catch((error: unknown) => error);
    expect(late).to.be.instanceOf(Rejection).and.include({ code: 'key_untrusted' });
  });

  it('says whose it is where nobody knows the issuer', async () => {
    const scheme = compiled(declaring(intermediate.cert));
    const delivery = signedBy(good.key);
    const keys = await gatherKeys(scheme, delivery, { secrets: [] }, clock, async () => ({ text: good.cert }));
    expect(() => scheme.verify(delivery, [], clock, { params: {}, keys }))
      .to.throw(Rejection)
      .with.property(
        'detail',
        'the certificate of the key is not from a trusted authority: it is issued by "root.example"',
      );
  });
});

describe('the issuer of a certificate', () => {
  const at = 'http://crt.example/i.cer';
  const leaf = certify({ name, issuer: intermediate, expires, issuerAt: at });
  const key = `https://${name}/a.pem`;
  const declared = declaring(root.cert, ['crt.example']);

  it('is fetched from where the certificate says', async () => {
    const { outcome, asked } = await judge(declared, leaf, { [key]: leaf.cert, [at]: intermediate.cert });
    expect(outcome).to.equal('verified');
    expect(asked).to.deep.equal([key, at]);
  });

  it('is not fetched where it is known', async () => {
    const web = { [key]: leaf.cert + intermediate.cert, [at]: intermediate.cert };
    expect((await judge(declared, leaf, web)).asked).to.deep.equal([key]);
  });

  it('is fetched once more, and no further', async () => {
    const higher = 'https://crt.example/h.cer';
    const middle = certify({ name: 'middle', issuer: intermediate, authority: true, expires, issuerAt: higher });
    const lower = certify({ name, issuer: middle, expires, issuerAt: at });
    const web = { [key]: lower.cert, [at]: middle.cert, [higher]: intermediate.cert };
    expect(await judge(declared, lower, web)).to.deep.equal({ outcome: 'verified', asked: [key, at, higher] });
    const round = { ...web, [higher]: middle.cert };
    expect(await judge(declared, lower, round)).to.deep.equal({ outcome: 'key_untrusted', asked: [key, at, higher] });
  });

  it('that cannot be had is no verdict', async () => {
    expect((await judge(declared, leaf, { [key]: leaf.cert })).outcome).to.equal('key_unavailable');
  });

  it('may be rubbish, or another', async () => {
    const other = certify({ name: 'intermediate.example', authority: true, expires });
    for (const text of ['', 'cnViYmlzaA==', other.cert, leaf.cert]) {
      expect((await judge(declared, leaf, { [key]: leaf.cert, [at]: text })).outcome).to.equal('key_untrusted');
    }
  });

  const elsewhere = [
    'http://evil.example/i.cer',
    'http://crt.example:8080/i.cer',
    'http://me:pass@crt.example/i.cer',
    'http://crt.example.evil.example/i.cer',
    'http://crt.example/i.cer?x=1',
    'http://169.254.169.254/latest/meta-data/',
    'ftp://crt.example/i.cer',
    'ldap://crt.example/i.cer',
    'file:///etc/passwd',
    `http://crt.example/${'a'.repeat(3000)}`,
  ];
  for (const url of elsewhere) {
    it(`is not fetched from elsewhere: ${url.slice(0, 60)}`, async () => {
      const stray = certify({ name, issuer: intermediate, expires, issuerAt: url });
      const { outcome, asked } = await judge(declared, stray, { [key]: stray.cert, [url]: intermediate.cert });
      expect({ outcome, asked }).to.deep.equal({ outcome: 'key_untrusted', asked: [key] });
    });
  }
});

describe('what a plugin says of certificates', () => {
  function faultsOf(declared: SchemeDeclaration): readonly string[] {
    return compileSignature(declared).faults.map(({ pointer, message }) => `${pointer} ${message}`);
  }

  it('must name a subject: an authority certifies anybody', () => {
    const { subject: _, ...key } = declaring(root.cert).key ?? {};
    expect(faultsOf({ ...declaring(root.cert), key })[0]).to.match(/^\/signature\/key .*"subject" is missing/);
  });

  for (const [what, ca] of [
    ['nothing', '-----BEGIN CERTIFICATE-----'],
    ['rubbish', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
    ['a certificate that may issue none', good.cert],
  ] as const) {
    it(`must pin authorities, not ${what}`, () => {
      expect(faultsOf(declaring(ca))[0]).to.match(/^\/signature\/key\/ca not a list/);
    });
  }

  /** SHA-256, as the authorities publish them. */
  const fingerprints = {
    aws_sns: [
      '5338ebec8fb2ac60996126d3e76aa34fd0f3318ac78ebb7ac8f6f1361f484b33',
      'b0f330a31a0c50987e1c3a7bb02c2dda682991d3165b517bd44fba4a6020bd94',
      'bf8a69027bcc8d2d42a6e6d25bdd4873f6a34b8f90edf07e86c5d6916da0b933',
      '138bdf6e23ac971eb4e626b279dd6a26f057510f1de394293a5eea2860de019b',
    ],
    paypal: [
      '403e062a2653059113285baf80a0d4ae422c848c9f78fad01fc94bc5b87fef1a',
      '9588ef74199e45acefcccfc0c47010e9f2a37a1dd44c61a4e1c6b334da5af614',
    ],
  };
  for (const [plugin, expected] of Object.entries(fingerprints)) {
    it(`${plugin}: those that it pins are what they are said to be`, async () => {
      const { signature } = await declarationOf(plugin);
      const { ca = '' } = ('key' in signature ? signature.key : undefined) ?? {};
      const pinned = readCertificates(ca);
      expect(pinned.map(({ fingerprint256 }) => fingerprint256.replaceAll(':', '').toLowerCase())).to.deep.equal(
        expected,
      );
      // Node.js drops old roots: one that it still has must have signed the certificate that names it.
      for (const certificate of pinned) {
        const named = rootCertificates
          .map((pem) => new X509Certificate(pem))
          .filter((root) => certificate.checkIssued(root));
        for (const root of named) expect(certificate.verify(root.publicKey), certificate.subject).to.equal(true);
      }
    });
  }
});
