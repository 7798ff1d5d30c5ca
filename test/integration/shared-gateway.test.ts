import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { Agent, request } from 'undici';
import { Cli, makeDirectory, plugins } from '../e2e/cli.js';
import { secret, stripeRequest } from '../e2e/stripe.js';
import { TestRedis } from '../support/redis.js';
import { describeWith } from '../support/tool.js';

describeWith(['redis-server'], 'a gateway with workers that needs Redis', (program) => {
  let redis: TestRedis;
  let directory: ReturnType<typeof makeDirectory>;
  let cli: Cli;
  let url: string;
  let admin: Agent;

  const config = (prefix: string) => `version: 1
server: { listen: "127.0.0.1:0", workers: 2, shutdownDelay: 0s, drain: 5s }
admin: { listen: "unix:${join(directory.path, 'admin.sock')}" }
plugins: ${plugins}
embedded: { dir: log }
dedupe: { dir: dedupe, redis: { url: "${redis.url}", prefix: "${prefix}", onError: refuse } }
endpoints:
  - { provider: stripe, path: /webhooks/stripe, secrets: [{ name: current, env: STRIPE }] }
`;

  before(async () => {
    redis = await TestRedis.start(program);
    directory = makeDirectory({});
    writeFileSync(join(directory.path, 'gateway.yaml'), config('one:'));
    cli = new Cli(directory.path, ['start', 'gateway.yaml'], { STRIPE: secret });
    [, url = ''] = await cli.says(/"url":"([^"]+)"/);
    admin = new Agent({ connect: { socketPath: join(directory.path, 'admin.sock') } });
    await until('/status', /"workers":{"ready":2,"of":2}.*"dedupeStoreUsable":true/);
  });

  after(async () => {
    await admin.close();
    cli.kill('SIGKILL');
    await cli.ended();
    directory.remove();
    await redis.stop();
  });

  async function ask(path: string, method: 'GET' | 'POST' = 'GET'): Promise<string> {
    const headers = method === 'POST' ? { 'x-gateway-admin': '1' } : {};
    const answer = await request(`http://localhost${path}`, { dispatcher: admin, method, headers });
    return answer.body.text();
  }

  async function until(path: string, pattern: RegExp): Promise<void> {
    const end = performance.now() + 20_000;
    for (let said = ''; !pattern.test(said); await delay(50)) {
      if (performance.now() > end) throw new Error(`${pattern} in vain: ${said}`);
      said = await ask(path);
    }
  }

  async function post(id: string) {
    const { head, body } = stripeRequest(id);
    const signature = /Stripe-Signature: (.*)\r\n/.exec(head)?.[1] ?? '';
    const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
    const answer = await request(`${url}/webhooks/stripe`, { method: 'POST', headers, body });
    const text = await answer.body.text();
    return { status: answer.statusCode, text, retryAfter: answer.headers['retry-after'] };
  }

  it('knows what it has published, whichever worker is asked', async () => {
    expect((await post('evt_1')).text).to.contain('"status":"accepted"');
    expect((await post('evt_1')).text).to.contain('"status":"duplicate"');
    expect(await ask('/status')).to.contain('"dedupeStoreUsable":true,"dedupeDegradedEvents":0');
  });

  it('takes another prefix only when it is started again', async () => {
    writeFileSync(join(directory.path, 'gateway.yaml'), config('other:'));
    expect(await ask('/reload', 'POST')).to.contain("dedupe can't change while the gateway runs: restart it");
    writeFileSync(join(directory.path, 'gateway.yaml'), config('one:'));
    expect(await ask('/reload', 'POST')).to.contain('"reloaded":true');
  });

  it('refuses what it does not know while Redis is gone, and is ready again with it', async () => {
    await redis.kill();
    const refused = await post('evt_2');
    expect(refused).to.deep.include({ status: 503, retryAfter: '5' });
    expect(refused.text).to.contain('"error":"dedupe_unavailable"');
    expect((await post('evt_1')).text).to.contain('"status":"duplicate"');
    await until('/ready', /"reason":"dedupe_unavailable"/);
    expect(await ask('/metrics')).to.contain('gateway_dedupe_store_usable 0');
    await redis.start();
    await until('/ready', /"status":"ready"/);
    expect((await post('evt_2')).text).to.contain('"status":"accepted"');
  });
});
