import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { compareRegistered, examineSubscriptions } from '../../../../src/cli/doctor/subscriptions.js';
import { endpoint, route } from '../../../support/provider.js';

const own = endpoint({
  name: 'acme',
  path: '/webhooks/acme',
  routes: [route('t', { matches: (type) => type.startsWith('charge.') })],
});
const registered = (over: object = {}) => ({
  url: 'https://hooks.example.com/webhooks/acme',
  enabled: true,
  events: ['charge.paid'],
  ...over,
});
const said = (...all: ReturnType<typeof registered>[]) =>
  compareRegistered('provider acme', all, [own]).map(({ id, status, message, hint }) => [id, status, message, hint]);

describe('doctor, of what is registered at a provider', () => {
  it('finds well what leads here, also behind a path of a proxy, and with all events', () => {
    const text = 'is registered and switched on';
    expect(said(registered(), registered({ url: 'https://x.example/eu/webhooks/acme/', events: ['*'] }))).to.deep.equal(
      [
        ['provider acme.acme', 'ok', `https://hooks.example.com/webhooks/acme ${text}`, undefined],
        ['provider acme.acme', 'ok', `https://x.example/eu/webhooks/acme/ ${text}`, undefined],
      ],
    );
  });

  it('says what is switched off, missing, written wrongly, or without a route', () => {
    expect(said(registered({ enabled: false }))[0]?.slice(1, 3)).to.deep.equal([
      'fail',
      'https://hooks.example.com/webhooks/acme is switched off',
    ]);
    expect(said()[0]?.[2]).to.equal('no webhook endpoint that is registered there leads to /webhooks/acme');
    expect(said(registered(), registered({ url: 'https://hooks.example.com/webhook/acme' }))[1]).to.deep.equal([
      'provider acme',
      'warn',
      'https://hooks.example.com/webhook/acme is registered there',
      'did you mean /webhooks/acme? Correct its URL there',
    ]);
    expect(said(registered({ events: ['charge.paid', 'payout.paid'] }))[0]?.slice(1, 3)).to.deep.equal([
      'warn',
      'https://hooks.example.com/webhooks/acme gets events that no route takes: payout.paid',
    ]);
    expect(said(registered(), registered({ url: 'https://shop.example/orders' }))).to.have.length(1);
  });

  describe('by its API', () => {
    let answer: readonly [number, string];
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      const [status, body] = answer;
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
    before((done) => void server.listen(0, '127.0.0.1', done));
    after(() => void server.close());

    async function ask(key?: string) {
      const { port } = server.address() as AddressInfo;
      const names = { items: 'data', url: 'url', state: 'status', enabled: 'enabled', events: 'enabled_events' };
      const subscriptions = { list: `http://127.0.0.1:${port}/v1/list`, env: 'ACME_KEY', ...names };
      const [finding] = await examineSubscriptions('acme', subscriptions, [own], { ACME_KEY: key });
      return `${finding?.status}: ${finding?.message} → ${finding?.hint}`;
    }

    it('asks with the key, and shows no part of it', async () => {
      const item = { url: 'https://h.example/webhooks/acme', status: 'disabled', enabled_events: ['*'] };
      answer = [200, JSON.stringify({ data: [item] })];
      expect(await ask('rk_test_key')).to.match(/^fail: https:\/\/h\.example\/webhooks\/acme is switched off/);
      expect(seen).to.deep.equal(['Bearer rk_test_key']);
      answer = [401, '{"error":{"message":"Invalid API Key provided: rk_test_key"}}'];
      expect(await ask('rk_test_key'))
        .to.match(/^fail: 127\.0\.0\.1:\d+ answers 401 → see that ACME_KEY/)
        .and.not.to.include('rk_');
    });

    it('says what it cannot know: without a key, an answer that it reads, or a plugin that tells', async () => {
      expect(await ask()).to.match(/^unknown: it was not asked: ACME_KEY is not set → set ACME_KEY/);
      answer = [200, '[]'];
      expect(await ask('k')).to.match(/^unknown: the answer of .* is not of the form that the plugin says/);
      answer = [200, 'no JSON'];
      expect(await ask('k')).to.match(/^unknown: its API does not answer \(SyntaxError\)/);
      const [finding] = await examineSubscriptions('acme', undefined, [own], {});
      expect(finding).to.include({ status: 'unknown', message: 'its plugin does not say how to ask it' });
    });
  });
});
