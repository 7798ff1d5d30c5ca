import { setTimeout as delay } from 'node:timers/promises';
import axe, { type AxeResults } from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--host-resolver-rules=MAP *.example 127.0.0.1'] });
}

/** A page, and what the browser says against it. */
export interface Watched {
  readonly page: Page;
  /** Violations of the Content-Security-Policy, and what the scripts of the page threw. */
  readonly reports: string[];
  /** JSON and text of the server, without the pages themselves. */
  readonly answers: string[];
  close(): Promise<void>;
}

export async function openPage(
  browser: Browser,
  { width = 1280, colorScheme = 'light' as 'light' | 'dark' } = {},
): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const reports: string[] = [];
  const answers: string[] = [];
  await page.exposeFunction('reportViolation', (report: string) => void reports.push(report));
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', (event) =>
    reportViolation(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample))`);
  page.on('pageerror', (error) => reports.push(String(error)));
  page.on('response', (response) => {
    const type = response.headers()['content-type'] ?? '';
    // A stream has no end.
    if (!type.startsWith('application/json')) return;
    response.text().then(
      (text) => answers.push(text),
      () => undefined,
    );
  });
  return { page, reports, answers, close: () => context.close() };
}

/** Resolves once the page's expression is true; a function of playwright would be evaluated by the page, whose policy forbids it. */
export async function until(page: Page, expression: string): Promise<void> {
  while ((await page.evaluate(expression)) !== true) await delay(20);
}

/** Resolves when the page has its data. */
export async function settled(page: Page): Promise<void> {
  await until(page, "document.querySelector('h1') !== null && document.querySelector('.loading') === null");
}

/** Presses these keys one after another. */
export async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** Presses Tab until this has the focus; throws if nothing of its name ever gets it. */
export async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let steps = 0; steps < 80; steps++) {
    await page.keyboard.press('Tab');
    const label = await page.evaluate<string>(`(() => {
      const focused = document.activeElement;
      return focused.getAttribute('aria-label') ?? focused.labels?.[0]?.textContent ?? focused.textContent;
    })()`);
    if (name.test(label)) return;
  }
  throw new Error(`Tab does not lead to ${name}`);
}

/** What axe finds, a line for each. */
export async function findViolations(page: Page): Promise<readonly string[]> {
  // Evaluated by the debugger, which no policy of the page binds.
  await page.evaluate(`${axe.source};0`);
  const { violations } = await page.evaluate<AxeResults>("axe.run({ resultTypes: ['violations'], preload: false })");
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`));
}
