import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { expect } from 'chai';
import { loadConfig } from '../../../src/config/load.js';
import { ownPlugins } from '../../../src/config/plugin-folders.js';
import { disk, type Files } from '../../../src/util/read-text.js';

describe('a start with three endpoints', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-reads-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('reads the plugins that they use and no other, each file once', async () => {
    const accept = 'accept: [signature-body-unbound]';
    const used = ['adyen', 'github', 'stripe'];
    const endpoints = used.map(
      (name) =>
        `  - { provider: ${name}, path: /${name}, secrets: [{ name: current, env: ${name.toUpperCase()}_SECRET }], ${accept} }\n`,
    );
    const file = join(folder, 'gateway.yaml');
    writeFileSync(file, `version: 1\nembedded: { dir: data }\nendpoints:\n${endpoints.join('')}`);
    const environment = {
      ADYEN_SECRET: 'ab'.repeat(32),
      GITHUB_SECRET: 'It is made up',
      STRIPE_SECRET: 'whsec_made_up',
    };
    const reads: string[] = [];
    const files: Files = {
      ...disk,
      read(path) {
        reads.push(path);
        return disk.read(path);
      },
    };
    const { settings, diagnostics } = await loadConfig(file, environment, 0, files);
    expect(diagnostics.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
    expect(settings?.endpoints.map(({ provider }) => provider.name)).to.deep.equal(used);
    const inPlugins = reads.map((path) => relative(ownPlugins, path)).filter((path) => !path.startsWith('..'));
    expect([...new Set(inPlugins.map((path) => path.split(sep)[0]))].toSorted()).to.deep.equal(used);
    expect(new Set(reads).size).to.equal(reads.length);
    const listed = await disk.listPlugins(ownPlugins);
    expect('names' in listed && listed.names.length).to.be.greaterThan(100);
  });
});
