import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Cli } from '../e2e/cli.js';
import { configOf, type Started, start } from '../e2e/running.js';
import { postStripe, stripeRequest } from '../e2e/stripe.js';

const file = fileURLToPath(new URL('../../docs/troubleshooting.md', import.meta.url));
const page = readFileSync(file, 'utf8');
/** Commands, what they print if the page shows it, or a change of the configuration. */
const parts = [...page.matchAll(/^```(sh|yaml)\n([\s\S]*?)^```\n(?:```text\n([\s\S]*?)^```$)?/gm)].map(
  ([, language = '', text = '', shown]) => ({ language, text, shown }),
);

describe('docs/troubleshooting.md', () => {
  const update = process.env.UPDATE === '1';
  let started: Started;
  let config = '';

  before(async () => {
    const port = await freePort();
    config = configOf(1)
      .replace('admin: { listen: "127.0.0.1:0" }', `admin: { listen: "127.0.0.1:${port}" }`)
      .replace('embedded:', 'dedupe: { window: 72h, dir: ../data/dedupe }\nembedded:');
    started = await start(config);
    expect(await postStripe(started.url, 'evt_paid')).to.equal(200);
    writeConfig((text) => text.replace('path: /webhooks/stripe', 'path: /webhooks/stripe\n    livemode: false'));
    expect((await run('gateway reload')).code).to.equal(0);
    for (const id of ['evt_123', 'evt_124']) expect(await postStripe(started.url, id)).to.equal(200);
    const headers = { 'content-type': 'application/json', 'stripe-signature': 't=1,v1=00' };
    const { body } = stripeRequest('evt_forged');
    await fetch(`${started.url}/webhooks/stripe`, { method: 'POST', body, headers });
    for (let count = 0; count < 12; count++) {
      await fetch(`${started.url}/webhook/stripe`, { method: 'POST', body: '{}', headers });
    }
  });
  after(async () => {
    started.cli.kill('SIGTERM');
    await started.cli.ended();
    started.directory.remove();
  });

  function writeConfig(change: (text: string) => string): void {
    config = change(config);
    writeFileSync(join(started.directory.path, 'config/gateway.yaml'), config);
  }

  async function run(line: string) {
    const [, ...args] = line.split(' ');
    return new Cli(started.directory.path, args, { COLUMNS: '120' }).ended();
  }

  /** Of `evt_123`. */
  async function findLetter(): Promise<string> {
    const { letters } = JSON.parse((await run('gateway dlq list --all --json')).stdout);
    return letters.find(({ reason }: { reason: string }) => reason === 'livemode_mismatch').id;
  }

  it('says what the commands say, in this order', async () => {
    let shownNow = page;
    for (const { language, text, shown } of parts) {
      if (language === 'yaml') {
        writeConfig((now) => now.replace(/^ {4}livemode: .*\n/m, text));
        continue;
      }
      const outputs: string[] = [];
      for (const line of text.trim().split('\n')) {
        expect(line).to.match(/^gateway /);
        const { code, stdout, stderr } = await run(line.replace('ID', await findLetter()));
        expect(stderr, line).to.equal('');
        expect(code, line).to.be.oneOf([0, 1]);
        outputs.push(normalise(stdout, started.directory.path));
      }
      const output = outputs.join('\n');
      if (shown === undefined) continue;
      if (update)
        shownNow = shownNow.replace(
          `\`\`\`sh\n${text}\`\`\`\n\`\`\`text\n${shown}`,
          () => `\`\`\`sh\n${text}\`\`\`\n\`\`\`text\n${output}`,
        );
      else expect(output, text).to.equal(shown);
    }
    if (update) writeFileSync(file, shownNow);
    expect(parts.filter(({ shown }) => shown !== undefined)).to.have.length.above(6);
  });
});

/** What differs from run to run, as it was once. */
function normalise(text: string, directory: string): string {
  return text
    .replaceAll(/under \d+ known event types/g, 'under 491 known event types')
    .replaceAll(directory, '/srv/gateway')
    .replaceAll(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, '6f9619ff-8b86-4d01-b42d-00cf4fc964ff')
    .replaceAll(/[\da-f]{8}…[\da-f]{4}/g, '6f9619ff…64ff')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '2026-01-02T09:12:31.000Z')
    .replaceAll(/\d\d-\d\d \d\d:\d\d:\d\dZ/g, '01-02 09:12:31Z')
    .replaceAll(/\b\d+ (s|min)\b(?! ago\))/g, '3 s')
    .replaceAll(/\b\d+ s ago\)/g, '3 s ago)')
    .replaceAll(/\bin \d+(\.\d+)? s\b/g, 'in 0.1 s')
    .replaceAll(/\b[\da-f]{16}\b/g, '04d174296dbd0e6d')
    .replaceAll(/process \d+/g, 'process 17')
    .replaceAll(/\bpid \d+/g, 'pid 17')
    .replaceAll(/\b\d+\.\d+ \/ \d+\.\d+\b/g, '0.07 / 0.01')
    .replaceAll(/ +$/gm, '');
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
