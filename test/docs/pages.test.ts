import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { rejections } from '../../src/core/rejection.js';
import { exitCodes } from '../../src/exit.js';
import { metrics } from '../../src/server/telemetry/metrics.js';
import { pages, readPage, root } from './fences.js';
import { marked, replaceMarked } from './markdown.js';

interface Arguments {
  readonly [name: string]: { readonly required?: boolean };
}

/** Compares a generated part of a page, or writes it where UPDATE=1. */
function expectPart(page: string, name: string, text: string): void {
  const now = readPage(page);
  if (process.env.UPDATE === '1') writeFileSync(join(root, page), replaceMarked(now, name, text));
  else expect(marked(now, name)).to.equal(text);
}

describe('the pages of the documentation', () => {
  it('have the rejections as src/core/rejection.ts has them', () => {
    const rows = Object.entries(rejections)
      .filter(([, { letter }]) => letter !== 'none')
      .map(([code, { stage, meaning }]) => `| \`${code}\` | ${stage} | ${meaning} |\n`);
    expectPart('docs/http.md', 'rejections', `| reason | stage | |\n|---|---|---|\n${rows.join('')}`);
  });

  it('have the metrics as src/server/telemetry/metrics.ts has them', () => {
    const rows = Object.entries(metrics).map(
      ([name, { labels, help }]) => `| \`${name}${labels.length > 0 ? `{${labels.join(',')}}` : ''}\` | ${help} |\n`,
    );
    expectPart('docs/metrics.md', 'metrics', `| metric | |\n|---|---|\n${rows.join('')}`);
  });

  it('have every command, as the command line describes it', () => {
    const manifest: { commands: { [id: string]: { summary: string; args: Arguments; hidden?: boolean } } } = JSON.parse(
      readFileSync(join(root, 'oclif.manifest.json'), 'utf8'),
    );
    const rows = Object.entries(manifest.commands)
      .filter(([, { hidden }]) => hidden !== true)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([id, { summary, args }]) => {
        const names = Object.entries(args).map(([name, { required }]) =>
          required === true ? ` ${name.toUpperCase()}` : ` [${name.toUpperCase()}]`,
        );
        return `| \`gateway ${id.replaceAll(':', ' ')}${names.join('')}\` | ${summary.replaceAll('|', '\\|')} |\n`;
      });
    expectPart('docs/commands.md', 'commands', `| command | |\n|---|---|\n${rows.join('')}`);
  });

  it('have every exit code', () => {
    const listed = [...readPage('docs/commands.md').matchAll(/^\| (\d+) \| /gm)].map(([, code]) => Number(code));
    expect(listed).to.deep.equal([0, ...Object.values(exitCodes)]);
  });

  it('keep the README short', () => {
    expect(Buffer.byteLength(readPage('README.md'))).to.be.below(8192);
  });

  for (const page of [...pages, 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md']) {
    it(`${page} links to nothing that is not there`, () => {
      for (const [, path = '', heading] of readPage(page).matchAll(/\]\(([^)#\s]*)(?:#([^)]+))?\)/g)) {
        if (/^https?:|^mailto:/.test(path)) continue;
        const target = path === '' ? page : join(dirname(page), path);
        expect(existsSync(join(root, target)), `${page} → ${path}`).to.equal(true);
        if (heading !== undefined) expect(headingsOf(target), `${page} → ${path}`).to.include(heading);
      }
    });
  }
});

/** The anchors that GitHub gives to the headings of a page. */
function headingsOf(page: string): readonly string[] {
  return [...readPage(page).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
