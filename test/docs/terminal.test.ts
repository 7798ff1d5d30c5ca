import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Cli, makeDirectory } from '../e2e/cli.js';
import { Terminal } from '../support/terminal.js';
import { describeWith } from '../support/tool.js';
import { drawLines, readLines, textOf } from './terminal-picture.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const gateway = join(root, 'bin/run.js');
const picture = join(root, 'docs/images/first-minute.svg');
/** The picture is made again. */
const update = process.env.UPDATE === '1';
const columns = 120;

/** What differs from one time to the next. */
function blur(text: string): string {
  return text
    .replace(/[\da-f]{8}-[\da-f-]{27}/g, 'ID')
    .replace(/\b(evt|pi)_\w+/g, '$1_ID')
    .replace(/\d\d:\d\d:\d\d/g, 'TIME')
    .replace(/:\d{4,5}\b/g, ':PORT')
    .replace(/pid=\d+/g, 'pid=N')
    .replace(/\d+ ms/g, 'N ms');
}

/** So that one can read what is there before more comes. */
async function pause(): Promise<void> {
  if (update) await delay(1_500);
}

/** The texts of an SVG, line by line, without their colours. */
function textsOf(svg: string): readonly string[] {
  return [...svg.matchAll(/<text [^>]*>(.*)<\/text>/g)].map(([, inner = '']) =>
    inner
      .replace(/<[^>]*>/g, '')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&'),
  );
}

describeWith(['script'], 'the first minute in a terminal', (script) => {
  const directory = makeDirectory({});
  let terminal: Terminal;
  after(() => {
    terminal?.close();
    directory.remove();
  });

  it('is what the picture of the README shows', async function () {
    this.timeout(60_000);
    const command = [process.execPath, gateway, 'dev', '--provider', 'stripe'];
    terminal = new Terminal(script, command, { cwd: directory.path, columns });
    await terminal.says(/q quit/);
    await pause();
    terminal.press('s');
    await terminal.says(/ 200 .*\d ms/);
    await pause();
    // What a terminal shows of somebody else's request.
    const forged = ['simulate', 'send', '--type', 'charge.refunded', '--invalid-signature'];
    expect((await new Cli(directory.path, forged).ended()).code).to.equal(0);
    await terminal.says(/explain \S+\r\n/);
    const { printed } = terminal;
    const prompt = { at: 0, text: '$ npx webhook-gateway dev --provider stripe\r\n' };
    // Where the usual ports are taken, it says so, and takes the next.
    const lines = readLines([prompt, ...printed]).filter((line) => !/^Port \d+ is taken/.test(textOf(line)));
    terminal.press('q');
    expect(await terminal.ended()).to.equal(0);
    for (const line of lines) expect(textOf(line).length, textOf(line)).to.be.at.most(columns);
    const drawn = drawLines(
      lines,
      columns,
      'gateway dev: a webhook is accepted, another one refused, with the command that says why',
    );
    if (update) writeFileSync(picture, drawn);
    const shown = readFileSync(picture, 'utf8');
    expect(textsOf(shown).map(blur)).to.deep.equal(textsOf(drawn).map(blur));
    expect(shown.length).to.be.below(20_000);
  });
});
