import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import type { EndpointContext, KeyDocument, KeyRequest } from '../../../../src/core/model.js';
import { handle, type Ports } from '../../../../src/core/pipeline.js';
import { Rejection } from '../../../../src/core/rejection.js';
import { noDedupe } from '../../../../src/storage/dedupe/open.js';
import { memoryPublisher } from '../../../support/memory-publisher.js';
import { endpoint, provider } from '../../../support/provider.js';
import { compiled, deliveryOf } from '../../signature/support.js';

const now = 1_800_000_000_000;
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const scheme = compiled({
  algorithm: 'ecdsa-sha256',
  signature: { from: '{header.x}', encoding: 'base64' },
  content: '{raw}',
  key: { format: 'pem', remote: { url: 'https://keys.example.com/{header.x-kid}', hosts: ['keys.example.com'] } },
});
const body = '{"id":"1","type":"paid"}';
const surroundings: EndpointContext = { params: {} };

function ports(get: (request: KeyRequest) => Promise<KeyDocument | undefined>): Ports {
  const publisher = memoryPublisher();
  return {
    publisher,
    dedupe: noDedupe,
    deadLetterTopic: 'dlq',
    mayKeepUnverified: () => true,
    keys: { get },
    now: () => now,
  };
}

async function codeOf(get: (request: KeyRequest) => Promise<KeyDocument | undefined>, kid = 'k1'): Promise<string> {
  const request = { method: 'POST', url: 'http://gateway/in', headers: { 'x-kid': kid }, body: Buffer.from(body) };
  const { headers } = scheme.sign(request, privateKey, now);
  const used = endpoint({ provider: provider({ scheme }), secrets: [], surroundings });
  try {
    const { accepted, rejected } = await handle(used, deliveryOf(body, headers), ports(get));
    return rejected[0]?.code ?? `${accepted.length} accepted`;
  } catch (error) {
    return error instanceof Rejection ? `${error.code} ${error.status}` : String(error);
  }
}

describe('a delivery whose key is fetched', () => {
  const text = publicKey.export({ type: 'spki', format: 'pem' }).toString();

  it('is accepted with the key', async () => {
    const asked: string[] = [];
    const code = await codeOf(async ({ url }) => {
      asked.push(url);
      return { text };
    });
    expect(code).to.equal('1 accepted');
    expect(asked).to.deep.equal(['https://keys.example.com/k1']);
  });

  it('is to be sent again where the key is not to be had', async () => {
    expect(await codeOf(async () => undefined)).to.equal('key_unavailable 503');
  });

  it('is refused with another key, or with rubbish', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' });
    expect(await codeOf(async () => ({ text: other.toString() }))).to.equal('signature_mismatch');
    expect(await codeOf(async () => ({ text: 'rubbish' }))).to.equal('key_untrusted');
  });

  it('is refused without asking where the name of the key is none', async () => {
    for (const kid of ['../../admin', 'a/b', 'a?b', '.', '%2e%2e', 'a b', '']) {
      const code = await codeOf(() => Promise.reject(new Error('asked')), kid);
      expect(code).to.equal('key_untrusted');
    }
  });
});
