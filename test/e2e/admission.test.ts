import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { configOf, type Started, start } from './running.js';
import { postStripe } from './stripe.js';

for (const workers of [1, 2]) {
  describe(`admission, with ${workers} of the gateway's processes`, () => {
    const allow = (list: string) => `${configOf(workers)}    allow: [${list}]\n`;
    let gateway: Started;

    before(async () => {
      gateway = await start(allow('provider'));
    });
    after(async () => {
      gateway.cli.kill('SIGTERM');
      const { code } = await gateway.cli.ended();
      gateway.directory.remove();
      expect(code).to.equal(0);
    });

    async function reload(config: string): Promise<void> {
      writeFileSync(join(gateway.directory.path, 'config/gateway.yaml'), config);
      gateway.cli.forget();
      gateway.cli.kill('SIGHUP');
      await gateway.cli.logs(/"configuration reloaded"/);
    }

    it('goes by the list in effect, with a line of the log and a count', async () => {
      for (let n = 0; n < 4; n++) expect(await postStripe(gateway.url, `evt_${n}`)).to.equal(403);
      await gateway.cli.logs(/"level":"warn".*"delivery refused"/);
      expect(gateway.cli.stderr).to.match(/"client":"127\.0\.0\.1","reason":"address_not_allowed"/);
      const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
      expect(metrics).to.match(/^gateway_rejections_total\{endpoint="stripe",reason="address_not_allowed"\} 4$/m);
      await reload(allow('provider, 127.0.0.0/8'));
      for (let n = 0; n < 4; n++) expect(await postStripe(gateway.url, `evt_${n}`)).to.equal(200);
      await reload(allow('"::1"'));
      expect(await postStripe(gateway.url, 'evt_5')).to.equal(403);
    });

    it('keeps over a reload what an address has proven, and bounds the rate of an endpoint', async () => {
      const limited = configOf(workers).replace('server: { ', 'server: { limits: { unprovenPerAddress: 1 }, ');
      await reload(limited);
      const json = { 'content-type': 'application/json' };
      const wrong = () => fetch(`${gateway.url}/webhooks/stripe`, { method: 'POST', body: '{}', headers: json });
      const statuses: number[] = [];
      for (let n = 0; n < 40 * workers && statuses.at(-1) !== 429; n++) statuses.push((await wrong()).status);
      // It has proven something above.
      expect(new Set(statuses)).to.deep.equal(new Set([401]));
      await reload(`${configOf(workers)}    rate: 1\n`);
      const taken: number[] = [];
      for (let n = 0; n < 40 * workers && taken.at(-1) !== 429; n++)
        taken.push(await postStripe(gateway.url, `evt_r${n}`));
      expect(taken.at(-1)).to.equal(429);
      expect(taken.filter((status) => status === 200).length).to.be.at.least(10);
    });
  });
}
