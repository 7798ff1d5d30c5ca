import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { RawConnection } from '../support/raw-http.js';
import { configOf, type Started, start, untilReady } from './running.js';
import { postStripe, readIds, stripeRequest } from './stripe.js';

for (const workers of [1, 2]) {
  describe(`SIGHUP, with ${workers} of the gateway's processes`, () => {
    const config = configOf(workers);
    const other = `  - name: other
    provider: stripe
    path: /webhooks/other
    secrets: [{ name: current, file: ../data/stripe.secret }]
    routes: [{ topic: webhooks.other }]
`;
    let gateway: Started;

    before(async () => {
      gateway = await start(config);
      await untilReady(gateway.adminUrl, ({ status }) => status === 'ready');
    });
    afterEach(() => reload(config, /"configuration reloaded"/));
    after(async () => {
      gateway.cli.kill('SIGTERM');
      const { code } = await gateway.cli.ended();
      gateway.directory.remove();
      expect(code).to.equal(0);
    });

    async function reload(text: string, said: RegExp): Promise<void> {
      writeFileSync(join(gateway.directory.path, 'config/gateway.yaml'), text);
      gateway.cli.forget();
      gateway.cli.kill('SIGHUP');
      await gateway.cli.logs(said);
    }

    it('adds an endpoint, for all requests from then on', async () => {
      const before = await untilReady(gateway.adminUrl, () => true);
      expect(await postStripe(gateway.url, 'evt_0', '/webhooks/other')).to.equal(404);
      await reload(config + other, /"configuration reloaded"/);
      for (let n = 1; n <= 6; n++) expect(await postStripe(gateway.url, `evt_${n}`, '/webhooks/other')).to.equal(200);
      expect(await readIds(join(gateway.directory.path, 'data/log'), 'webhooks.other')).to.have.length(6);
      const { config: status } = await untilReady(gateway.adminUrl, () => true);
      expect(status.digest)
        .to.match(/^[0-9a-f]{16}$/)
        .and.not.equal(before.config.digest);
      expect(status.lastError).to.equal(undefined);
    });

    it('lets requests in flight end on the old one', async () => {
      const connection = new RawConnection(gateway.url);
      const { head, body } = stripeRequest('evt_1');
      connection.write(head + body.slice(0, 9));
      await postStripe(gateway.url, 'evt_0');
      await reload(config.replace('/webhooks/stripe', '/moved'), /"configuration reloaded"/);
      connection.write(body.slice(9));
      expect((await connection.answer()).status).to.equal(200);
      expect(await postStripe(gateway.url, 'evt_2')).to.equal(404);
      expect(await postStripe(gateway.url, 'evt_2', '/moved')).to.equal(200);
    });

    it('keeps the old one on a fault, and says which', async () => {
      await reload(`${config + other}nonsense: true\n`, /"configuration not reloaded: the old one stays"/);
      expect(gateway.cli.stderr).to.match(/"at":"config\/gateway.yaml:\d+:1","rule":"config-unknown-key"/);
      expect(await postStripe(gateway.url, 'evt_1', '/webhooks/other')).to.equal(404);
      expect(await postStripe(gateway.url, 'evt_1')).to.equal(200);
      const { config: status, status: state } = await untilReady(gateway.adminUrl, () => true);
      expect([state, status.lastError]).to.deep.equal([
        'ready',
        'the configuration has a fault: Unknown key "nonsense"',
      ]);
      await reload(config + other, /"configuration reloaded"/);
      expect(await postStripe(gateway.url, 'evt_2', '/webhooks/other')).to.equal(200);
      expect((await untilReady(gateway.adminUrl, () => true)).config.lastError).to.equal(undefined);
    });

    it('refuses what needs a restart, by name', async () => {
      const changed = config.replace('"127.0.0.1:0", shut', '"127.0.0.1:1", shut').replace('data/log', 'data/log2');
      await reload(changed, /server\.listen, embedded, dedupe can't change while the gateway runs/);
      expect(await postStripe(gateway.url, 'evt_1')).to.equal(200);
    });

    it('takes a log level', async () => {
      await reload(`${config}log: { level: debug }\n`, /"configuration reloaded"/);
      await postStripe(gateway.url, 'evt_level');
      await gateway.cli.logs(/"event published"/);
    });
  });
}
