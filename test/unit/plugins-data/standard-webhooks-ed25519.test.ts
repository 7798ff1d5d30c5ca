import { generateKeyPairSync, sign } from 'node:crypto';
import { expect } from 'chai';
import { loadPlugin } from '../../../src/config/plugins/load.js';
import type { Scheme } from '../../../src/core/model.js';
import { deliveryOf, now, rejectionOf } from '../signature/support.js';

const folder = new URL('../../../plugins/standard_webhooks_ed25519', import.meta.url).pathname;
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const text = `whpk_${publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')}`;
const seconds = String(Math.floor(now / 1000));
const body = '{"type":"contact.created"}';
const signature = sign(null, Buffer.from(`msg_1.${seconds}.${body}`), privateKey).toString('base64');

/** `verified`, or the code of the rejection of a delivery with this header. */
function outcome(scheme: Scheme, header: string, sent = body): string {
  const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': seconds, 'webhook-signature': header };
  const secrets = [{ name: 'current', key: scheme.key(text) }];
  return rejectionOf(() => scheme.verify(deliveryOf(sent, headers), secrets, now));
}

describe('plugins/standard_webhooks_ed25519 with a whpk_ key', () => {
  let scheme: Scheme;

  before(async () => {
    const { provider } = await loadPlugin(folder);
    scheme = provider?.scheme ?? expect.fail('the plugin has faults');
  });

  it('takes a v1a signature, alone or beside others', () => {
    expect(outcome(scheme, `v1a,${signature}`)).to.equal('verified');
    expect(outcome(scheme, `v1,${signature} v1a,${signature}`)).to.equal('verified');
  });

  it('takes nothing else for one', () => {
    expect(outcome(scheme, `v1,${signature}`)).to.equal('signature_missing');
    expect(outcome(scheme, `v1a,${signature}`, `${body} `)).to.equal('signature_mismatch');
  });
});
