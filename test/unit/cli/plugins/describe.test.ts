import { join } from 'node:path';
import { expect } from 'chai';
import { ownPlugins } from '../../../../src/config/plugin-folders.js';
import { openPlugin } from '../../../../src/config/plugins/catalogue.js';
import { describePlugin, type PluginDescription } from '../../../../src/config/plugins/describe.js';

async function describeOwn(name: string): Promise<PluginDescription> {
  const { sound } = await openPlugin(name, join(ownPlugins, name));
  return describePlugin(sound ?? expect.fail());
}

describe('a plugin in words', () => {
  it('says how Stripe signs', async () => {
    const stripe = await describeOwn('stripe');
    expect(stripe).to.include({ scheme: 'HMAC-SHA256', binds: 'body', eventTypes: 601 });
    expect(stripe.signature).to.deep.equal([
      'HMAC-SHA256 in header stripe-signature, its entry v1 (hex)',
      'Signed: entry t of the signature, ".", the body',
      'Time: entry t of the signature, at most 300s old and 60s ahead',
      'Key: the secret',
    ]);
    expect(stripe.unsignedHeaders).to.deep.equal([]);
  });

  it('says which headers decide without being signed', async () => {
    const { unsignedHeaders } = await describeOwn('github');
    expect(unsignedHeaders).to.have.members(['x-github-delivery', 'x-github-event']);
  });

  it('takes a header for signed if it is a part of the content, or the signature itself', async () => {
    expect((await describeOwn('standard_webhooks')).unsignedHeaders).to.deep.equal([]);
    expect((await describeOwn('meta')).unsignedHeaders).to.deep.equal([]);
  });

  it('names where a key is from, handshakes, and what is sent as it is', async () => {
    const paypal = await describeOwn('paypal');
    expect(paypal).to.include({ scheme: 'RSA-SHA256 (key fetched)', binds: 'nothing' });
    expect(paypal.signature.join('\n')).to.contain('on api.paypal.com, api.sandbox.paypal.com only');
    const [handshake] = (await describeOwn('meta')).handshakes;
    expect(handshake).to.match(
      /^200 for anybody, where the method is "GET" and query parameter hub\.mode is "subscribe"/,
    );
    const gitlab = await describeOwn('gitlab');
    expect(gitlab.signature).to.include('Signed: nothing; the secret itself is sent');
  });

  it('has the addresses of the provider, where from and of when', async () => {
    const { addresses } = await describeOwn('stripe');
    expect(addresses).to.include({ where: 'https://docs.stripe.com/ips', read: '2026-10-04' });
    expect(addresses?.networks).to.include('3.18.12.63');
    expect((await describeOwn('shopify')).addresses).to.equal(undefined);
  });
});
