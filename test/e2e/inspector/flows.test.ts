import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { describeWith } from '../../support/tool.js';
import { launch, openPage, press, tabTo, until, type Watched } from './browser.js';
import { eventId, hidden, openScene, type Scene, token } from './scene.js';

const wanted = 'whsec_of_somebody_else';

describeWith(['chromium-headless-shell', 'chromium'], 'the inspector, by keyboard alone', (executablePath) => {
  let browser: Browser;
  let scene: Scene;
  let watched: Watched;
  let page: Page;
  const known = eventId();

  before(async () => {
    [browser, scene] = await Promise.all([launch(executablePath), openScene()]);
    for (const type of ['charge.succeeded', 'charge.refunded', 'payment_intent.succeeded']) await scene.send(type);
    await scene.send('payment_intent.created', known);
    await scene.send('charge.refunded', eventId(), { path: '/webhooks/stripe-eu' });
    for (let letter = 0; letter < 3; letter++) await scene.send('payout.paid');
    expect(await scene.send('charge.failed', eventId(), { signedWith: wanted })).to.equal(401);
    expect(await scene.send('charge.failed', eventId(), { path: '/webhook/stripe' })).to.equal(404);
  });
  after(async () => {
    await browser?.close();
    await scene?.stop();
  });
  beforeEach(async () => {
    watched = await openPage(browser);
    ({ page } = watched);
    await page.goto(`${scene.adminUrl}/inspector/`);
    await page.getByRole('heading', { name: 'Endpoints' }).waitFor();
  });
  afterEach(async () => {
    expect(watched.reports).to.deep.equal([]);
    await watched.close();
  });

  /** The texts of the rows of a table, once there are so many. */
  async function rows(label: string, count: number): Promise<readonly string[]> {
    const all = page.getByRole('region', { name: label }).locator('tbody tr');
    await all.nth(count - 1).waitFor();
    if (count > 0) await all.nth(count).waitFor({ state: 'detached' });
    return all.allTextContents();
  }

  async function go(key: string, title: string): Promise<void> {
    await press(page, 'g', key);
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
  }

  it('finds a refused webhook, and why it was refused', async () => {
    await go('d', 'Deliveries');
    await rows('Deliveries, newest first', 10);
    await press(page, '/');
    await tabTo(page, /^Outcome/);
    await page.keyboard.type('unproven');
    await page.waitForURL(/outcome=unproven/);
    expect((await rows('Deliveries, newest first', 1))[0]).to.match(/unproven: signature mismatch/);
    await press(page, 'Escape', 'j', 'Enter');
    const stage = page.getByRole('listitem').filter({ hasText: /^verify/ });
    expect(await stage.textContent()).to.match(/^verify\s*stopped/);
    expect(await page.locator('main').textContent()).to.match(/401 after/);
    await press(page, 'Escape');
    await page.waitForURL(/deliveries\?outcome=unproven$/);
  });

  it('finds a delivery by the id of its event, and opens it', async () => {
    await go('d', 'Deliveries');
    await press(page, '/');
    await page.keyboard.type(known.slice(0, 20));
    await press(page, 'Enter');
    expect((await rows('Deliveries, newest first', 1))[0]).to.include('payment_intent.created');
    await press(page, 'Escape', 'j', 'Enter');
    await page.getByRole('heading', { name: 'What became of it' }).waitFor();
    expect((await rows('Events', 1))[0])
      .to.include(known)
      .and.include('webhooks.stripe.payment_intent');
    expect(await page.locator('main').textContent())
      .to.match(/plugin\.yaml:\d+/)
      .and.include('<text of');
  });

  it('pauses the tail, and goes on', async () => {
    await go('d', 'Deliveries');
    const before = (await rows('Deliveries, newest first', 10)).length;
    await press(page, 'p');
    await page.getByText('Paused, 0 new deliveries').waitFor();
    await scene.send('charge.captured');
    await page.getByText('Paused, 1 new delivery').waitFor();
    expect(await rows('Deliveries, newest first', before)).to.have.lengthOf(before);
    await press(page, 'p');
    expect((await rows('Deliveries, newest first', before + 1))[0]).to.include('charge.captured');
  });

  it('reveals a body to whoever has the token and gives a reason, and to nobody before', async () => {
    await go('d', 'Deliveries');
    await press(page, '/');
    await page.keyboard.type(known);
    await press(page, 'Enter');
    await rows('Deliveries, newest first', 1);
    await press(page, 'Escape', 'j', 'Enter');
    await page.getByRole('heading', { name: 'Shape of the body' }).waitFor();
    await tabTo(page, /^Reveal the body/);
    expect(watched.answers.join()).not.to.include(hidden);
    await press(page, 'Enter');
    await page.keyboard.type('ticket 4711: the amount is wrong');
    await press(page, 'Enter');
    await giveToken();
    await page.getByText(hidden).waitFor();
    await press(page, 'Escape');
    await page.getByText(hidden).waitFor({ state: 'detached' });
  });

  it('dismisses one letter of a group, and replays the others once the cause is mended', async () => {
    await scene.mend();
    await go('l', 'Dead letters');
    const groups = await rows('Groups of dead letters', 2);
    const at = groups.findIndex((text) => text.includes('rule failed'));
    for (let row = 0; row <= at; row++) await press(page, 'j');
    await press(page, 'Enter');
    await rows('Letters, newest first', 3);
    await press(page, 'j', 'x');
    await tabTo(page, /^Dismiss 1 selected letter/);
    await press(page, 'Enter');
    await tabTo(page, /^Dismiss$/);
    await press(page, 'Enter');
    await giveToken();
    await rows('Letters, newest first', 2);
    await press(page, 'r');
    await page.getByText('With the configuration of today, 2 of 2 letters would be replayed').waitFor();
    await tabTo(page, /^Replay 2 letters/);
    await press(page, 'Enter');
    await page.getByText('Done: 2 of 2 letters replayed').waitFor();
    await press(page, 'Escape');
    await page.getByText('All letters of this group are replayed or dismissed').waitFor();
  });

  async function giveToken(): Promise<void> {
    await page.getByRole('heading', { name: 'Token' }).waitFor();
    await page.keyboard.type(token);
    await press(page, 'Enter');
  }

  it('sees which secret is old, and which path a sender got wrong', async () => {
    const endpoints = await rows('Endpoints', 2);
    expect(endpoints[0])
      .to.match(/current: .*\bago|current: now/)
      .and.match(/old: not used since the start/);
    const [path] = await rows('Unknown paths', 1);
    expect(path).to.match(/^\/webhook\/stripe1.*\/webhooks\/stripe$/);
  });

  it('sees the dead route, and the rule that says so', async () => {
    await go('c', 'Configuration');
    const row = page.getByRole('row').filter({ hasText: 'webhooks.eu.refunds' });
    expect(await row.textContent()).to.match(/dead: no event can reach it/);
    await page.locator('.findings li').first().waitFor();
    expect(await page.locator('.findings').textContent()).to.match(/gateway\.yaml:\d+/);
  });

  it('tries a rule on the examples, and is told what is wrong with another', async () => {
    await go('e', 'Try a rule');
    await page.getByRole('button', { name: 'Give the token' }).waitFor();
    await tabTo(page, /^Give the token/);
    await press(page, 'Enter');
    await page.getByRole('textbox', { name: 'Rule' }).waitFor();
    await giveToken();
    await until(page, "document.activeElement.localName === 'textarea'");
    await page.keyboard.type('type & "-" & object');
    await page.getByRole('cell', { name: '"charge.refunded-event"' }).waitFor();
    await page.keyboard.type(' & (');
    await page.locator('.fault').waitFor();
  });

  it('shows its keys, and gives the focus back', async () => {
    await press(page, 'j');
    const focused = () => page.evaluate<string>('document.activeElement.textContent');
    expect(await focused()).to.equal('stripe');
    await press(page, '?');
    await page.getByRole('heading', { name: 'Keys' }).waitFor();
    await press(page, 'Escape');
    await page.getByRole('heading', { name: 'Keys' }).waitFor({ state: 'detached' });
    expect(await focused()).to.equal('stripe');
  });

  it('comes back to the row that was opened', async () => {
    await go('d', 'Deliveries');
    await rows('Deliveries, newest first', 11);
    await press(page, 'j', 'j', 'j');
    const opened = await page.evaluate<string>('document.activeElement.pathname');
    await press(page, 'Enter');
    await page.waitForURL(`**${opened}`);
    await press(page, 'Escape');
    await until(page, `document.activeElement.pathname === '${opened}'`);
  });
});
