import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { describeWith } from '../../support/tool.js';
import { findViolations, launch, openPage, settled } from './browser.js';
import { eventId, openScene, type Scene, token } from './scene.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** Pictures of the documentation are made again. */
const update = process.env.UPDATE === '1';
/** Those that docs/inspector.md shows. */
const pictures = /^((?!unknown).*-1280-light|now-390-dark|deliveries-390-light)\.png$/;
const assets = join(root, 'dist/inspector/pages');

describe('the files of the inspector', () => {
  it('its scripts are at most 40 KiB, gzipped', () => {
    const scripts = readdirSync(assets).filter((name) => name.endsWith('.js'));
    const bytes = scripts.map((name) => gzipSync(readFileSync(join(assets, name)), { level: 9 }).length);
    expect(bytes.reduce((sum, each) => sum + each, 0)).to.be.within(1, 40 * 1024);
  });
  it('ask nobody else for anything', () => {
    for (const name of readdirSync(assets)) {
      const text = readFileSync(join(assets, name), 'utf8').replaceAll('http://www.w3.org/', '');
      expect(text, name).not.to.match(/https?:\/\/|@import|url\(|eval\(|new Function/);
    }
  });
});

describeWith(['chromium-headless-shell', 'chromium'], 'the pages of the inspector', (executablePath) => {
  let browser: Browser;
  let scene: Scene;
  /** Name → path. */
  const pages = new Map<string, string>();

  before(async function () {
    this.timeout(120_000);
    [browser, scene] = await Promise.all([launch(executablePath), openScene()]);
    const types = ['charge.succeeded', 'charge.refunded', 'payment_intent.succeeded', 'invoice.payment_failed'];
    for (let round = 0; round < (update ? 40 : 6); round++) {
      for (const type of types.slice(round % 3)) await scene.send(type);
      // On pictures the histogram should have more than one bar.
      if (update) await delay(200 + 20 * (round % 7));
    }
    const again = eventId();
    for (let copy = 0; copy < 2; copy++) await scene.send('payout.paid');
    for (let copy = 0; copy < 2; copy++) await scene.send('payment_intent.created', again);
    await scene.send('charge.refunded', eventId(), { path: '/webhooks/stripe-eu' });
    await scene.send('charge.failed', eventId(), { signedWith: 'whsec_of_somebody_else' });
    await scene.send('charge.failed', eventId(), { path: '/webhook/stripe' });
    const { rows } = await json('/deliveries?outcome=accepted&limit=1');
    const { groups } = await json('/dead-letters/groups');
    const { group, sample } = groups.find((each: { reason: string }) => each.reason === 'rule_failed');
    for (const [name, path] of [
      ['now', ''],
      ['deliveries', 'deliveries'],
      ['delivery', `deliveries/${rows[0].id}`],
      ['dead-letters', 'dead-letters'],
      ['group', `dead-letters?group=${encodeURIComponent(group)}`],
      ['letter', `dead-letters/${sample}?group=${encodeURIComponent(group)}`],
      ['topics', 'topics'],
      ['config', 'config'],
      ['try', `try?${new URLSearchParams({ rule: 'data.object.customer & "-" & type' })}`],
      ['providers', 'providers'],
      ['unknown', 'nothing/of/this/name'],
    ] as const) {
      pages.set(name, `/inspector/${path}`);
    }
  });
  after(async () => {
    await browser?.close();
    await scene?.stop();
  });

  async function json(path: string) {
    return JSON.parse(await (await fetch(scene.adminUrl + path)).text());
  }

  for (const [width, colorScheme] of [
    [1280, 'light'],
    [390, 'dark'],
    // On pictures only: what differs was looked at above.
    ...(update ? ([[390, 'light']] as const) : []),
  ] as const) {
    it(`axe finds nothing at ${width} pixels, ${colorScheme}; no policy is violated`, async () => {
      const { page, reports, close } = await openPage(browser, { width, colorScheme });
      for (const [name, path] of pages) {
        await page.goto(scene.adminUrl + path);
        await settled(page);
        if (name === 'try') await unlock(page);
        expect(await findViolations(page), name).to.deep.equal([]);
        const picture = `${name}-${width}-${colorScheme}.png`;
        if (update && pictures.test(picture)) {
          const clip = { x: 0, y: 0, width, height: 640 };
          writeFileSync(join(root, 'docs/images', picture), await page.screenshot({ clip }));
        }
      }
      expect(reports).to.deep.equal([]);
      await close();
    });
  }

  /** Rules are for those who have the token. */
  async function unlock(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Give the token' }).click();
    await page.getByRole('heading', { name: 'Token' }).waitFor();
    await page.keyboard.type(token);
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Results' }).waitFor();
  }

  for (const width of [360, 3840]) {
    it(`nothing needs scrolling to the side at ${width} pixels`, async () => {
      const { page, close } = await openPage(browser, { width });
      for (const [name, path] of pages) {
        await page.goto(scene.adminUrl + path);
        await settled(page);
        const over = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
        expect(await page.evaluate(over), name).to.equal(0);
      }
      await close();
    });
  }

  it('is dark where the system is, and light where it is light', async () => {
    const ground = async (colorScheme: 'light' | 'dark') => {
      const { page, close } = await openPage(browser, { colorScheme });
      await page.goto(`${scene.adminUrl}/inspector/`);
      const color = await page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
      await close();
      return Number(/\d+/.exec(color)?.[0]);
    };
    expect(await ground('dark')).to.be.below(50);
    expect(await ground('light')).to.be.above(230);
  });

  it('moves nothing for whoever wants no motion', async () => {
    const { page, close } = await openPage(browser);
    await page.goto(`${scene.adminUrl}/inspector/deliveries`);
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await page.evaluate('document.getAnimations().length')).to.equal(0);
    await close();
  });

  it('answers nobody who asks by another name or from another site', async () => {
    const { port } = new URL(scene.adminUrl);
    for (const path of ['/inspector/', '/inspector/deliveries', '/deliveries', '/activity', '/configuration']) {
      expect(await statusOf(port, path, { host: 'evil.example' }), path).to.equal(403);
      expect(await statusOf(port, path, { origin: 'http://evil.example' }), path).to.equal(403);
      expect(await statusOf(port, path, {}), path).to.equal(200);
    }
    const { page, close } = await openPage(browser);
    const answer = await page.goto(`http://evil.example:${port}/inspector/`);
    expect(answer?.status()).to.equal(403);
    await close();
  });
});

function statusOf(
  port: string,
  path: string,
  headers: { readonly [name: string]: string },
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on('error', reject)
      .end();
  });
}
