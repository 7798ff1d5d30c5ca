import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { type Browser, chromium, type Page } from 'playwright-core';
import { describeWith } from '../support/tool.js';
import { configOf, type Started, start } from './running.js';
import { secret } from './stripe.js';

/** Names of the attacker, who has pointed both at this machine. */
const attacker = 'evil.example';
const rebound = 'rebound.example';

describeWith(
  ['chromium-headless-shell', 'chromium'],
  'the admin server and the browser of an operator',
  (executablePath) => {
    let browser: Browser;
    let gateway: Started;
    let guarded: Started;
    let site: Server;
    let sitePort: number;
    let page: Page;

    before(async () => {
      const withToken = configOf(1).replace(/^admin: \{/m, 'admin: { token: { file: ../data/stripe.secret },');
      [browser, gateway, guarded] = await Promise.all([
        chromium.launch({
          executablePath,
          args: ['--no-sandbox', `--host-resolver-rules=MAP ${attacker} 127.0.0.1, MAP ${rebound} 127.0.0.1`],
        }),
        start(configOf(1)),
        start(withToken),
      ]);
      site = createServer((_, response) =>
        response.setHeader('content-type', 'text/html').end('<!doctype html><p>Hello'),
      );
      await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
      sitePort = (site.address() as AddressInfo).port;
    });
    after(async () => {
      await browser?.close();
      site?.closeAllConnections();
      site?.close();
      for (const started of [gateway, guarded]) {
        started?.cli.kill('SIGTERM');
        await started?.cli.ended();
        started?.directory.remove();
      }
    });
    beforeEach(async () => {
      page = await browser.newPage();
    });
    afterEach(() => page.close());

    /** The status of the admin server's first answer once `act` has been done. */
    async function statusAfter(act: () => Promise<unknown>): Promise<number> {
      const { port } = new URL(gateway.adminUrl);
      const [response] = await Promise.all([page.waitForResponse((each) => new URL(each.url()).port === port), act()]);
      return response.status();
    }

    async function loadedAt({ adminUrl }: Started): Promise<string> {
      return JSON.parse(await (await fetch(`${adminUrl}/ready`)).text()).config.loadedAt;
    }

    for (const [what, host] of [
      ['another site', attacker],
      ['another port of this machine', '127.0.0.1'],
      ['another port of localhost', 'localhost'],
    ] as const) {
      it(`a form that ${what} posts: 403`, async () => {
        const before = await loadedAt(gateway);
        await page.goto(`http://${host}:${sitePort}/`);
        const status = await statusAfter(() =>
          page.evaluate(`
          const form = document.createElement('form');
          Object.assign(form, { action: '${gateway.adminUrl}/reload', method: 'post', enctype: 'text/plain' });
          document.body.append(form);
          form.submit();
        `),
        );
        expect(status).to.equal(403);
        expect(await loadedAt(gateway)).to.equal(before);
      });

      it(`what a script of ${what} sends without asking: 403`, async () => {
        const before = await loadedAt(gateway);
        await page.goto(`http://${host}:${sitePort}/`);
        // The browser tells nobody but the console what became of a beacon.
        const refused = untilSaid(page, 2, /status of 403/);
        await page.evaluate(`(async () => {
        await fetch('${gateway.adminUrl}/reload', { method: 'POST', mode: 'no-cors', body: '{}' }).catch(() => undefined);
        navigator.sendBeacon('${gateway.adminUrl}/reload', '{}');
      })()`);
        await refused;
        expect(await loadedAt(gateway)).to.equal(before);
      });

      it(`a frame in a page of ${what}: 403`, async () => {
        await page.goto(`http://${host}:${sitePort}/`);
        const frame = `document.body.append(Object.assign(document.createElement('iframe'), { src: '${gateway.adminUrl}/status' }))`;
        expect(await statusAfter(() => page.evaluate(frame))).to.equal(403);
      });

      it(`nothing can be read by ${what}`, async () => {
        await page.goto(`http://${host}:${sitePort}/`);
        for (const path of ['/status', '/metrics', '/ready', '/log']) {
          const read = `fetch('${gateway.adminUrl}${path}').then((answer) => answer.text(), () => 'unreadable')`;
          expect(await page.evaluate(read), path).to.equal('unreadable');
        }
      });
    }

    it('a foreign Host, after DNS rebinding: 403 for whatever its page reads or sends', async () => {
      const { port } = new URL(gateway.adminUrl);
      const before = await loadedAt(gateway);
      const answer = await page.goto(`http://${rebound}:${port}/status`);
      expect(answer?.status()).to.equal(403);
      for (const [method, path] of [
        ['GET', '/status'],
        ['GET', '/metrics'],
        ['GET', '/health'],
        ['POST', '/reload'],
        ['PUT', '/log'],
      ] as const) {
        const { status, text } = await fetchIn(page, path, { method });
        expect(status, path).to.equal(403);
        expect(text).not.to.match(/stripe|gateway_|rebound/);
      }
      expect(await loadedAt(gateway)).to.equal(before);
    });

    it('a missing or a wrong token: 403; the right one: 200', async () => {
      const before = await loadedAt(guarded);
      expect((await page.goto(`${guarded.adminUrl}/status`))?.status()).to.equal(200);
      const reload = async (headers: { readonly [name: string]: string }) =>
        (await fetchIn(page, '/reload', { method: 'POST', headers })).status;
      const json = { 'content-type': 'application/json' };
      const level = await fetchIn(page, '/log', { method: 'PUT', headers: json, body: '{"level":"debug"}' });
      expect(level.status).to.equal(403);
      expect(await reload({})).to.equal(403);
      expect(await reload({ authorization: 'Bearer wrong' })).to.equal(403);
      expect(await reload({ authorization: `Basic ${btoa(`admin:${secret}`)}` })).to.equal(403);
      expect(await loadedAt(guarded)).to.equal(before);
      expect(await reload({ authorization: `Bearer ${secret}` })).to.equal(200);
    });

    it('the page of the server itself, without a token: reads and changes', async () => {
      for (const host of ['127.0.0.1', 'localhost']) {
        const { port } = new URL(gateway.adminUrl);
        expect((await page.goto(`http://${host}:${port}/status`))?.status()).to.equal(200);
        expect((await fetchIn(page, '/reload', { method: 'POST' })).status).to.equal(200);
      }
    });

    it('a WebSocket of another site is not opened', async () => {
      await page.goto(`http://${attacker}:${sitePort}/`);
      const outcome = await page.evaluate(`new Promise((resolve) => {
      const socket = new WebSocket('${gateway.adminUrl.replace('http:', 'ws:')}');
      socket.onopen = () => resolve('open');
      socket.onerror = () => resolve('refused');
    })`);
      expect(outcome).to.equal('refused');
    });
  },
);

/** What a script of the page gets from its own server. */
async function fetchIn(
  page: Page,
  path: string,
  init: { readonly method: string; readonly headers?: object; readonly body?: string },
): Promise<{ readonly status: number; readonly text: string }> {
  return page.evaluate(`(async () => {
    const answer = await fetch('${path}', ${JSON.stringify(init)});
    return { status: answer.status, text: await answer.text() };
  })()`);
}

/** Resolves when the browser's console has said so for so many times. */
function untilSaid(page: Page, times: number, pattern: RegExp): Promise<void> {
  let said = 0;
  return new Promise((resolve) => {
    page.on('console', (message) => {
      if (pattern.test(message.text()) && ++said === times) resolve();
    });
  });
}
