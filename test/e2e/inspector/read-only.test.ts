import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { describeWith } from '../../support/tool.js';
import { launch, openPage, press, type Watched } from './browser.js';
import { openScene, type Scene } from './scene.js';

describeWith(
  ['chromium-headless-shell', 'chromium'],
  'the inspector of a gateway that has just been started, without a token',
  (executablePath) => {
    let browser: Browser;
    let scene: Scene;
    let watched: Watched;
    let page: Page;

    before(async () => {
      [browser, scene] = await Promise.all([launch(executablePath), openScene({ withToken: false })]);
      watched = await openPage(browser);
      ({ page } = watched);
    });
    after(async () => {
      await browser?.close();
      await scene?.stop();
    });
    afterEach(() => expect(watched.reports).to.deep.equal([]));

    const open = (path: string) => page.goto(`${scene.adminUrl}/inspector/${path}`);

    async function closeDialog(): Promise<void> {
      await press(page, 'Escape');
      await page.locator('dialog').waitFor({ state: 'detached' });
    }

    it('says what to do next where there is nothing yet', async () => {
      for (const [path, title, next] of [
        ['', 'No webhook has come yet.', 'gateway simulate send'],
        ['deliveries', 'No webhook has come yet.', 'gateway simulate send'],
        ['deliveries?q=evt_1', 'No kept delivery fits the filter.', 'gateway find evt_1'],
        ['dead-letters', 'No dead letters.', 'until you replay or dismiss it'],
      ] as const) {
        await open(path);
        await page.getByText(title).waitFor();
        expect(await page.locator('.empty').textContent(), path).to.include(next);
      }
    });

    it('says in words that there is no such delivery, no such page', async () => {
      await open('deliveries/6f9619ff-8b86-4d01-b42d-00cf4fc964ff');
      expect(await page.getByRole('alert').textContent()).to.match(/^[A-Z].*\.$/);
      await open('nothing');
      await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
    });

    it('shows the first webhook at once', async () => {
      await open('deliveries');
      await page.getByText('Live', { exact: true }).waitFor();
      await scene.send('charge.succeeded');
      await page.getByRole('link', { name: /^\d\d:\d\d:\d\d/ }).waitFor();
    });

    it('tries rules, and replays, dismisses and reveals nothing', async () => {
      await scene.send('payout.paid');
      await open('try?rule=type');
      await page.getByRole('cell', { name: '"charge.refunded"' }).waitFor();
      await open('dead-letters');
      await page.getByRole('link', { name: 'rule failed' }).waitFor();
      await press(page, 'j', 'Enter');
      await page.getByRole('heading', { name: 'rule failed, stripe' }).waitFor();
      await page.getByRole('button', { name: /^Dismiss the open letter/ }).click();
      await page.getByText('The inspector is read-only: it dismisses only where').waitFor();
      await closeDialog();
      await press(page, 'r');
      await page
        .locator('dialog')
        .getByText(/read-only|admin\.token/)
        .waitFor();
      expect(await page.getByRole('button', { name: 'Replay 1 letter' }).count()).to.equal(0);
      await closeDialog();
      await press(page, 'j', 'Enter');
      await page.getByText('The values stay hidden').waitFor();
      expect(await page.getByRole('button', { name: /^Reveal/ }).count()).to.equal(0);
    });

    it('says in words that the gateway is gone', async () => {
      await open('');
      await page.getByRole('heading', { name: 'Endpoints' }).waitFor();
      await scene.stop();
      await page.getByText('The gateway does not answer.').first().waitFor();
    });
  },
);
