import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import Stripe from 'stripe';
import { loadPlugin, Rejection, verify, type WebhookRequest } from '../../src/index.js';

/** What a promise is rejected with. */
async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('the library', () => {
  const secret = 'whsec_bGlicmFyeQ';
  const body = Buffer.from('{"id":"evt_1","object":"event","type":"charge.refunded"}');
  let request: WebhookRequest;

  before(() => {
    const signature = Stripe.webhooks.generateTestHeaderString({ payload: body.toString(), secret });
    request = { headers: { 'Stripe-Signature': signature, host: undefined }, body };
  });

  it('verifies what a provider has signed, and says by which secret and when', async () => {
    const stripe = await loadPlugin('stripe');
    const proof = await verify(stripe, request, { secrets: secret });
    expect(proof.secret).to.equal('secret');
    expect(Date.now() - (proof.signedAt ?? 0)).to.be.within(0, 60_000);
    const secrets = [
      { name: 'next', text: 'whsec_bmV4dA' },
      { name: 'current', text: secret },
    ];
    expect((await verify(stripe, request, { secrets })).secret).to.equal('current');
  });

  it('says why it refuses', async () => {
    const stripe = await loadPlugin('stripe');
    const changed = { ...request, body: Buffer.from(`${body} `) };
    const refusals: readonly (readonly [string, Promise<unknown>])[] = [
      ['signature_mismatch', verify(stripe, changed, { secrets: secret })],
      ['signature_missing', verify(stripe, { headers: {}, body }, { secrets: secret })],
      ['timestamp_stale', verify(stripe, request, { secrets: secret, now: Date.now() + 3_600_000 })],
    ];
    for (const [code, promise] of refusals) {
      const error = await failureOf(promise);
      expect(error).to.be.instanceOf(Rejection);
      expect(error).to.include({ code });
    }
  });

  it('reads bytes where they lie in a larger buffer', async () => {
    const around = new Uint8Array(body.length + 10);
    around.set(body, 5);
    const part = around.subarray(5, 5 + body.length);
    await verify(await loadPlugin('stripe'), { ...request, body: part }, { secrets: secret });
  });

  it('says what is missing: a kind of secret, a param, a URL, a plugin', async () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['paypal', /paypal needs params\.webhook_id: /],
      ['square', /square signs the URL that it posts to: give "url"/],
    ];
    for (const [name, message] of cases) {
      const plugin = await loadPlugin(name);
      expect(await failureOf(verify(plugin, request, { secrets: 'x' }))).to.match(message);
    }
    expect(await failureOf(loadPlugin('strip'))).to.match(/the plugin "strip" cannot be used: .*plugin\.yaml:1: /);
  });

  describe('with a plugin of its user', () => {
    const folder = mkdtempSync(join(tmpdir(), 'acme-'));
    after(() => rmSync(folder, { recursive: true }));

    it('loads it from its folder, and names the line of a fault', async () => {
      const named = join(folder, 'acme');
      mkdirSync(named);
      writeFileSync(join(named, 'event.schema.json'), '{"type":"object"}');
      const plugin = [
        'version: 1',
        'name: acme',
        'title: Acme',
        'signature: { algorithm: hmac-sha256, signature: { from: "{header.x-sig}", encoding: hex }, content: "{raw}" }',
        'schemas: [{ schema: event.schema.json }]',
        'event: { id: id, type: type }',
        'routes: [{ events: ["*"], topic: webhooks.acme }]',
      ];
      writeFileSync(join(named, 'plugin.yaml'), plugin.join('\n'));
      const mac = createHmac('sha256', 'key').update(body).digest('hex');
      const acme = await loadPlugin(named);
      expect(await verify(acme, { headers: { 'x-sig': mac }, body }, { secrets: 'key' })).to.deep.equal({
        secret: 'secret',
      });
      writeFileSync(join(named, 'plugin.yaml'), plugin.join('\n').replace('hmac-sha256', 'hmac-sha255'));
      expect(await failureOf(loadPlugin(named))).to.match(/plugin\.yaml:4: /);
    });
  });
});
