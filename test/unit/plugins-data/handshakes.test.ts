import { createHash, createHmac } from 'node:crypto';
import { expect } from 'chai';
import { loadPlugin } from '../../../src/config/plugins/load.js';
import type { Delivery, Endpoint, Handshake } from '../../../src/core/model.js';
import { shakeHands } from '../../../src/core/stages/verify.js';
import { endpoint } from '../../support/provider.js';
import { deliveryOf, now } from '../signature/support.js';

interface Question {
  readonly plugin: string;
  readonly what: string;
  readonly verified: Handshake['verified'];
  readonly request: Partial<Delivery>;
  /** Absent: it is not a handshake. */
  readonly answer?: string;
}

const secret = 'integration_private_key';
const publicKey = 'integration_public_key';
const challenge = '20f9f8ed05f77439fe955c977e4c8a53';

/** As Braintree's SDKs do: the key is the SHA-1 of the private key. */
function braintreeAnswer(): string {
  const key = createHash('sha1').update(secret).digest();
  return `${publicKey}|${createHmac('sha1', key).update(challenge).digest('hex')}`;
}

const questions: readonly Question[] = [
  {
    plugin: 'braintree',
    what: 'the challenge of a new webhook is answered',
    verified: 'before',
    request: { method: 'GET', target: `/in?bt_challenge=${challenge}` },
    answer: braintreeAnswer(),
  },
  {
    plugin: 'braintree',
    what: 'a payload is not signed for a stranger',
    verified: 'before',
    request: { method: 'GET', target: `/in?bt_challenge=${encodeURIComponent(btoa('<notification/>'))}` },
  },
  {
    plugin: 'circle',
    what: 'a look at the address is answered',
    verified: 'before',
    request: { method: 'HEAD' },
    answer: '',
  },
  {
    plugin: 'marqeta',
    what: 'a ping is answered',
    verified: 'after',
    request: { body: Buffer.from('{"pings":[{"token":"marqeta","payload":"healthcheck"}]}') },
    answer: '{"my_endpoint_status":"alive"}',
  },
  {
    plugin: 'marqeta',
    what: 'an event is none',
    verified: 'after',
    request: { body: Buffer.from('{"transactions":[{"token":"marqeta"}]}') },
  },
];

async function endpointOf(plugin: string): Promise<Endpoint> {
  const { provider } = await loadPlugin(new URL(`../../../plugins/${plugin}`, import.meta.url).pathname);
  if (provider === undefined) throw new Error(`${plugin} is not sound`);
  const usedFor = provider.scheme.needs.secrets.find(({ optional }) => !optional)?.name;
  const secrets = [{ name: 'current', key: provider.scheme.key(secret, usedFor) }];
  return endpoint({ provider, secrets, surroundings: { params: { public_key: publicKey } } });
}

describe('handshakes of the plugins', () => {
  for (const { plugin, what, verified, request, answer } of questions) {
    it(`${plugin}: ${what}`, async () => {
      const delivery = { ...deliveryOf('', {}), ...request };
      expect(shakeHands(await endpointOf(plugin), delivery, now, verified)?.body).to.equal(answer);
    });
  }
});
