import { expect } from 'chai';
import type { Delivery, VerifiedDelivery } from '../../../src/core/model.js';
import { shakeHands } from '../../../src/core/stages/verify.js';
import { now } from '../signature/support.js';
import { deliveryOfCase, endpointOf, plainSecret, type Signed } from './endpoint.js';
import { hmac, rawKey } from './general-cases.js';

describe('handshakes of general providers', () => {
  async function answerOf(
    plugin: string,
    given: Partial<Delivery>,
    when: 'before' | 'after',
    secrets?: Signed['secrets'],
  ) {
    const endpoint = await endpointOf(plugin, secrets);
    const delivery = { ...deliveryOfCase({ headers: {} }), ...given } as VerifiedDelivery;
    return shakeHands(endpoint, delivery, now, when);
  }

  const get = (query: string) => ({ method: 'GET', target: `/webhooks/in?${query}`, body: Buffer.alloc(0) });
  const post = (text: string, headers: { readonly [name: string]: readonly string[] } = {}) => ({
    method: 'POST',
    body: Buffer.from(text),
    headers: { 'content-type': ['application/json'], ...headers },
  });

  it('dropbox, nylas: the challenge comes back', async () => {
    for (const plugin of ['dropbox', 'nylas']) {
      expect((await answerOf(plugin, get('challenge=a%20b'), 'before'))?.body).to.equal('a b');
    }
  });

  it('meta: the challenge comes back if the token is right', async () => {
    const secrets = { app_secret: plainSecret, verify_token: 'token' };
    const query = 'hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=';
    expect((await answerOf('meta', get(`${query}token`), 'before', secrets))?.body).to.equal('1158201444');
    expect(await answerOf('meta', get(`${query}other`), 'before', secrets)).to.equal(undefined);
  });

  it('msgraph: the validation token comes back', async () => {
    const given = { ...post('', { 'content-type': ['text/plain'] }), target: '/webhooks/in?validationToken=a%3A+b' };
    expect(await answerOf('msgraph', given, 'before')).to.include({ status: 200, type: 'text/plain', body: 'a: b' });
  });

  it('twitch: the challenge comes back, to Twitch only', async () => {
    const given = post('{"challenge":"c"}', { 'twitch-eventsub-message-type': ['webhook_callback_verification'] });
    expect(await answerOf('twitch', given, 'before')).to.equal(undefined);
    expect((await answerOf('twitch', given, 'after'))?.body).to.equal('c');
  });

  it('discord: PING is 204, to Discord only', async () => {
    const secrets = { '': rawKey.toString('hex') };
    expect(await answerOf('discord', post('{"type":0}'), 'before', secrets)).to.equal(undefined);
    expect(await answerOf('discord', post('{"type":0}'), 'after', secrets)).to.include({ status: 204, body: '' });
    expect(await answerOf('discord', post('{"type":1,"event":{}}'), 'after', secrets)).to.equal(undefined);
  });

  it('zoom: the plain token is encrypted, for Zoom only', async () => {
    const given = post('{"event":"endpoint.url_validation","payload":{"plainToken":"p"}}');
    expect(await answerOf('zoom', given, 'before')).to.equal(undefined);
    const answer = await answerOf('zoom', given, 'after');
    expect(JSON.parse(answer?.body ?? '')).to.deep.equal({ plainToken: 'p', encryptedToken: hmac('p') });
  });

  it('woocommerce: the form that tries a new webhook, and no signed delivery', async () => {
    const type = { 'content-type': ['application/x-www-form-urlencoded; charset=UTF-8'] };
    expect((await answerOf('woocommerce', post('webhook_id=1', type), 'before'))?.status).to.equal(200);
    const signed = post('webhook_id=1', { ...type, 'x-wc-webhook-signature': ['x'] });
    expect(await answerOf('woocommerce', signed, 'before')).to.equal(undefined);
    expect(await answerOf('woocommerce', post('{"a":"&webhook_id=1"}'), 'before')).to.equal(undefined);
  });

  it('x_twitter: tokens are hashed, and nothing that could be an event', async () => {
    for (const token of ['foo', 'MDI3YTRmNGY', 'aGk+aGk/aGk=', '2f6b0f3e-7e1c_x.y']) {
      const answer = await answerOf('x_twitter', get(`crc_token=${encodeURIComponent(token)}`), 'before');
      expect(JSON.parse(answer?.body ?? ''), token).to.deep.equal({
        response_token: `sha256=${hmac(token, 'base64')}`,
      });
    }
    for (const event of ['{"for_user_id":"1"}', ' {}', '[]', '"text"']) {
      const answer = await answerOf('x_twitter', get(`crc_token=${encodeURIComponent(event)}`), 'before');
      expect(answer, event).to.equal(undefined);
    }
  });
});
