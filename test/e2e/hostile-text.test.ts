import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Cli, type Ended } from './cli.js';
import { configOf, type Started, start } from './running.js';
import { postStripe, stripeRequest } from './stripe.js';

const marks =
  '\u001b[31mRED\u001b]0;pwned\u0007\u0085\u009b2J\u007f\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\r\nFAKE';
const id = `evt_${marks}`;

describe('what an event says, printed', () => {
  let started: Started;
  let letters: readonly string[];

  before(async () => {
    started = await start(configOf(1));
    expect(await postStripe(started.url, id)).to.equal(200);
    const unsigned = JSON.stringify({ id, type: `charge.${marks}`, [marks]: marks });
    const url = `${started.url}/webhooks/stripe?${encodeURIComponent(marks)}=1`;
    const headers = { 'Content-Type': 'application/json' };
    expect((await fetch(url, { method: 'POST', headers, body: unsigned })).status).to.equal(401);
    const { head, body } = stripeRequest(id);
    writeFileSync(join(started.directory.path, 'event.http'), head.replace(/Content-Length.*\r\n/, '') + body);
    writeFileSync(join(started.directory.path, 'unsigned.json'), unsigned);
    const list = JSON.parse((await run('dlq', 'list', '--json')).stdout);
    letters = list.letters.map((letter: { id: string }) => letter.id);
    expect(letters).to.have.length(1);
  });
  after(async () => {
    started.cli.kill('SIGTERM');
    await started.cli.ended();
    started.directory.remove();
  });

  function run(...args: string[]): Promise<Ended> {
    return new Cli(started.directory.path, args).ended();
  }

  const charges = 'webhooks.stripe.charge';
  for (const command of [
    ['tap', charges, '--from-beginning', '--max', '1'],
    ['tap', 'webhooks.dlq', '--from-beginning', '--max', '1'],
    ['dlq', 'list', '--all'],
    ['dlq', 'show', 'LETTER'],
    ['dlq', 'replay', '--dry-run'],
    ['dlq', 'show', id],
    ['explain', 'event.http', '--endpoint', 'stripe'],
    ['explain', 'unsigned.json', '--endpoint', 'stripe'],
    ['verify', '--endpoint', 'stripe', '--request', 'event.http'],
    ['config', 'diff', 'config/gateway.yaml', 'config/gateway.yaml', '--against', charges],
    ['config', 'diff', 'config/gateway.yaml', 'config/gateway.yaml', '--against', 'unsigned.json'],
    ['plugins', 'show', id],
    ['routes', '--config', id],
    ['tap', id, '--max', '1', '--config', id],
  ]) {
    for (const json of [[], ['--json']]) {
      const shown = [...command, ...json].map((word) => (word === id ? 'a hostile name' : word)).join(' ');
      it(`gateway ${shown}`, async () => {
        const { stdout, stderr } = await run(
          ...command.map((word) => (word === 'LETTER' ? (letters[0] ?? '') : word)),
          ...json,
        );
        const text = stdout + stderr;
        expect(text).not.to.equal('');
        expect(text).not.to.match(/[^\P{Cc}\n]|[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
        if (!command.includes(id)) expect(text).not.to.match(/^\s*FAKE/m);
        if (json.length > 0) expect(() => JSON.parse(stdout)).not.to.throw();
      });
    }
  }
});
