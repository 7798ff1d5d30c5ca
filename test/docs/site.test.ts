import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { root } from './fences.js';

const run = promisify(execFile);

describe('npm run docs', () => {
  it('builds the site, in which no link is dead, and every page has its place', async () => {
    await run('npm', ['run', 'docs'], { cwd: root });
    const index = readFileSync(join(root, '.cache/docs/index.html'), 'utf8');
    for (const page of ['start', 'promises', 'rules/', 'inspector', 'faq']) {
      expect(index).to.include(`href="/${page}"`);
    }
  }).timeout(120_000);
});
