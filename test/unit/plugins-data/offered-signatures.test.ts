import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import type { Delivery, Endpoint } from '../../../src/core/model.js';
import { handle, type Ports } from '../../../src/core/pipeline.js';
import { shakeHands } from '../../../src/core/stages/verify.js';
import { noDedupe } from '../../../src/storage/dedupe/open.js';
import { type MemoryPublisher, memoryPublisher } from '../../support/memory-publisher.js';
import { deliveryOf, now } from '../signature/support.js';
import { declarationOf, loadEndpoint, pluginNames } from './endpoints.js';

/** How a stranger asks a handshake to sign a text, and posts the text with what was answered. */
interface Abuse {
  readonly ask: (text: string) => Partial<Delivery>;
  readonly post: (text: string, answer: string) => Partial<Delivery>;
}

const form = { 'content-type': ['application/x-www-form-urlencoded'] };
const abuses: { readonly [plugin: string]: Abuse } = {
  x_twitter: {
    ask: (text) => ({ method: 'GET', target: `/in?crc_token=${encodeURIComponent(text)}` }),
    post: (text, answer) => ({
      headers: { 'x-twitter-webhooks-signature': [String(JSON.parse(answer).response_token)] },
      body: Buffer.from(text),
    }),
  },
  braintree: {
    ask: (text) => ({ method: 'GET', target: `/in?bt_challenge=${encodeURIComponent(text)}` }),
    post: (text, answer) => ({
      headers: form,
      body: Buffer.from(
        new URLSearchParams({ bt_signature: answer, bt_payload: text, pad: 'A'.repeat(1000) }).toString(),
      ),
    }),
  },
};

const texts = [
  'true',
  'null',
  '0',
  '-1',
  '1.5',
  '1e5',
  '123',
  'abcd',
  'abcd1234',
  '[]',
  '{}',
  '"a"',
  'W10=',
  'MTIz',
  'e30=',
];
const event = '{"id":"1","type":"a"}';

/** Plugins with a handshake that signs for anybody. */
async function signing(): Promise<readonly string[]> {
  const declared = await Promise.all(pluginNames.map(declarationOf));
  return declared
    .filter(({ handshakes = [] }) =>
      handshakes.some(({ verified, respond }) => verified === 'before' && JSON.stringify(respond).includes('|hmac-')),
    )
    .map(({ name }) => name);
}

describe('what a handshake signs for anybody', () => {
  it('is tried for every plugin that has such a handshake', async () => {
    expect(await signing()).to.have.members(Object.keys(abuses));
  });

  for (const [name, { ask, post }] of Object.entries(abuses)) {
    describe(name, () => {
      let endpoint: Endpoint;
      let publisher: MemoryPublisher;
      let ports: Ports;

      before(async () => {
        endpoint = await loadEndpoint(name);
      });

      beforeEach(() => {
        publisher = memoryPublisher();
        ports = {
          publisher,
          dedupe: noDedupe,
          deadLetterTopic: 'webhooks.dlq',
          now: () => now,
          mayKeepUnverified: () => true,
        };
      });

      const answerTo = (text: string) =>
        shakeHands(endpoint, { ...deliveryOf('', {}), ...ask(text) }, now, 'before')?.body;

      it('is answered, but no event is', () => {
        expect(texts.filter((text) => answerTo(text) !== undefined))
          .to.include('123')
          .and.to.have.length.above(2);
        expect(answerTo(event)).to.equal(undefined);
      });

      for (const text of texts) {
        it(`proves no delivery: ${text}`, async () => {
          const answer = answerTo(text);
          if (answer === undefined) return;
          const outcome = await handle(endpoint, { ...deliveryOf('', {}), ...post(text, answer) }, ports);
          expect(outcome.rejected.map(({ code, status }) => ({ code, status }))).to.deep.equal([
            { code: 'signature_mismatch', status: 401 },
          ]);
          expect(outcome.secret).to.equal(undefined);
          expect(publisher.records.map(({ headers }) => headers.ce_verified)).to.deep.equal(['false']);
        });
      }
    });
  }

  it('leaves what the provider signs alone', async () => {
    const endpoint = await loadEndpoint('x_twitter');
    const [secret] = endpoint.secrets;
    const digest = createHmac('sha256', secret?.key ?? expect.fail())
      .update(event)
      .digest('base64');
    const delivery = deliveryOf(event, { 'x-twitter-webhooks-signature': `sha256=${digest}` });
    expect(endpoint.provider.scheme.verify(delivery, endpoint.secrets, now).secret).to.equal(secret?.name);
  });
});
