import { createPublicKey, type KeyObject } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import fc from 'fast-check';
import sinon from 'sinon';
import { loadPlugin } from '../../../src/config/plugins/load.js';
import type {
  Delivery,
  EndpointContext,
  KeyDocument,
  OutgoingRequest,
  Scheme,
  Secret,
} from '../../../src/core/model.js';
import { disk, type Files } from '../../../src/util/read-text.js';
import { rejectionOf } from '../signature/support.js';

/** 2027-01-15T08:00:00.123Z: with a fraction, as clocks have. */
export const now = 1_800_000_000_123;
export const seconds = Math.floor(now / 1000);
const site = 'https://hooks.example.com';

/** What a provider's own package has to say of its scheme. */
export interface Oracle {
  /** Folder in plugins/. */
  readonly plugin: string;
  /** The text with which the provider signs: a private key where the scheme has a pair. */
  readonly secret: string;
  readonly params?: EndpointContext['params'];
  /** What is found where the scheme fetches its key. */
  readonly document?: string;
  /** Deliveries before they are signed. */
  readonly requests: fc.Arbitrary<OutgoingRequest>;
  /** The delivery as the package signs it; absent: the package only verifies. */
  sign?(request: OutgoingRequest): OutgoingRequest | Promise<OutgoingRequest>;
  /** Whether the package takes the delivery; an exception is a refusal as well. */
  verify(request: OutgoingRequest): boolean | Promise<boolean>;
  /** Deliveries that differ from a signed one in something signed. Absent: in one bit of each byte of the body. */
  tamper?(request: OutgoingRequest): readonly OutgoingRequest[];
}

const runs = { numRuns: 20 };

/** Tests that the package and the plugin's scheme take each other's signatures, and refuse the same changes. */
export function itAgrees(oracle: Oracle): void {
  const { plugin, requests, sign } = oracle;

  describe(`and plugins/${plugin}`, () => {
    let subject: Subject;
    let clock: sinon.SinonFakeTimers;

    before(async () => {
      subject = await subjectOf(oracle);
    });
    beforeEach(() => {
      clock = sinon.useFakeTimers({ now, toFake: ['Date'] });
    });
    afterEach(() => clock.restore());

    if (sign !== undefined) {
      it('the plugin accepts what the package signs', async () => {
        const property = fc.asyncProperty(requests, async (request) => {
          expect(subject.outcome(await sign(request))).to.equal('verified');
        });
        await fc.assert(property, runs);
      });
    }

    it('the package accepts what the plugin signs', async () => {
      const property = fc.asyncProperty(requests, async (request) => {
        const signed = subject.sign(request);
        expect(subject.outcome(signed)).to.equal('verified');
        expect(await oracle.verify(signed)).to.equal(true);
      });
      await fc.assert(property, runs);
    });

    it('both refuse a flipped byte', async () => {
      const [request = expect.fail()] = fc.sample(requests, { numRuns: 1, seed: 1 });
      const signed = await (sign ?? subject.sign)(request);
      expect(await isTaken(oracle, signed)).to.equal(true);
      for (const tampered of (oracle.tamper ?? flipBody)(signed)) {
        expect(subject.outcome(tampered)).to.match(/^(signature|timestamp)_/);
        expect(await isTaken(oracle, tampered)).to.equal(false);
      }
    });
  });
}

interface Subject {
  sign(request: OutgoingRequest): OutgoingRequest;
  /** `verified`, or the code of the rejection. */
  outcome(request: OutgoingRequest): string;
}

async function subjectOf({ plugin, secret, params = {}, document }: Oracle): Promise<Subject> {
  const folder = fileURLToPath(new URL(`../../../plugins/${plugin}`, import.meta.url));
  const { provider, diagnostics } = await loadPlugin(folder, document === undefined ? disk : pinning(document));
  if (provider === undefined) throw new Error(JSON.stringify(diagnostics));
  const { scheme } = provider;
  const key = scheme.key(secret);
  const secrets = document === undefined ? [{ name: 'current', key: verifyingKey(key) }] : [];
  return {
    sign: (request) => scheme.sign(request, key, now, { url: request.url, params }),
    outcome: (request) => {
      const delivery = deliveryOf(request);
      return rejectionOf(() => {
        const keys = documentsFor(scheme, delivery, secrets, document);
        scheme.verify(delivery, secrets, now, { url: request.url, params, keys });
      });
    },
  };
}

/** The files of a plugin that trusts the certificate's authority, which here is itself. */
function pinning(certificate: string): Files {
  const lines = certificate.trim().replaceAll('\n', '\n      ');
  async function read(path: string) {
    const found = await disk.read(path);
    return 'text' in found
      ? { ...found, text: found.text.replace(/(?<=\n {4}ca: \|\n {6})-----BEGIN/, `${lines}\n      $&`) }
      : found;
  }
  return { ...disk, read };
}

function verifyingKey(key: KeyObject): KeyObject {
  return key.type === 'private' ? createPublicKey(key) : key;
}

function documentsFor(
  scheme: Scheme,
  delivery: Delivery,
  secrets: readonly Secret[],
  text: string | undefined,
): ReadonlyMap<string, KeyDocument> {
  if (text === undefined) return new Map();
  return new Map(scheme.remoteKeys(delivery, secrets, now).map(({ id }) => [id, { text }]));
}

function deliveryOf({ method, url, headers, body }: OutgoingRequest): Delivery {
  return {
    id: '00000000-0000-4000-8000-000000000000',
    receivedAt: now,
    method,
    target: url.slice(site.length),
    body,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
  };
}

async function isTaken(oracle: Oracle, request: OutgoingRequest): Promise<boolean> {
  try {
    return await oracle.verify(request);
  } catch {
    return false;
  }
}

function flipBody(request: OutgoingRequest): readonly OutgoingRequest[] {
  return [...request.body].map((byte, at) => {
    const body = Buffer.from(request.body);
    body[at] = byte ^ 1;
    return { ...request, body };
  });
}

/** The delivery with one bit flipped in each byte of the text's first place in the body. */
export function flipText(request: OutgoingRequest, text: string): readonly OutgoingRequest[] {
  const start = request.body.indexOf(text);
  return flipBody(request).slice(start, start + Buffer.byteLength(text));
}

/** The delivery with one bit flipped in each character of a header. */
export function flipHeader(request: OutgoingRequest, name: string): readonly OutgoingRequest[] {
  const value = header(request, name);
  return [...value].map((character, at) => {
    const flipped = String.fromCharCode(character.charCodeAt(0) ^ 1);
    return withHeaders(request, { [name]: value.slice(0, at) + flipped + value.slice(at + 1) });
  });
}

export function post(body: string, headers: OutgoingRequest['headers'] = {}, path = '/in'): OutgoingRequest {
  return { method: 'POST', url: site + path, headers, body: Buffer.from(body) };
}

export function withHeaders(request: OutgoingRequest, headers: OutgoingRequest['headers']): OutgoingRequest {
  return { ...request, headers: { ...request.headers, ...headers } };
}

export function header({ headers }: OutgoingRequest, name: string): string {
  return headers[name] ?? '';
}

/** Text of any script. */
export const texts = fc.string({ unit: 'grapheme' });

/** JSON as one sends it: with white space, any keys and values. */
export const jsonTexts = fc
  .tuple(fc.dictionary(fc.string(), fc.oneof(texts, fc.double(), fc.boolean())), fc.nat({ max: 2 }))
  .map(([value, indent]) => JSON.stringify({ id: 'evt_1', ...value }, null, indent));

export const jsonRequests = jsonTexts.map((text) => post(text, { 'content-type': 'application/json' }));
