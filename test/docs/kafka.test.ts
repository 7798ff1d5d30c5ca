import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadConfig } from '../../src/config/load.js';
import { lint } from '../../src/lint/lint.js';
import { fences } from './markdown.js';

const root = join(import.meta.dirname, '../..');
const blocks = fences(readFileSync(join(root, 'docs/kafka.md'), 'utf8'));
const secrets = { STRIPE_WEBHOOK_SECRET: `whsec_${'x'.repeat(32)}`, KAFKA_PASSWORD: 'p', KAFKA_CLIENT_SECRET: 'c' };

describe('docs/kafka.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'docs-kafka-'));
  before(() => {
    symlinkSync(join(root, 'plugins'), join(folder, 'plugins'));
    mkdirSync(join(folder, 'config'));
    for (const name of ['ca.pem', 'client.pem', 'client.key']) writeFileSync(join(folder, 'config', name), 'PEM');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('has nothing in fences but gateway.yaml', () => {
    expect(blocks.map(({ language }) => language)).to.deep.equal(Array(6).fill('yaml'));
  });

  for (const [index, { text }] of blocks.entries()) {
    it(`lints clean: gateway.yaml ${index + 1}`, async () => {
      const config = join(folder, `config/gateway-${index}.yaml`);
      writeFileSync(config, text);
      const { diagnostics } = await lint([{ config }], secrets, Date.now());
      expect(diagnostics).to.deep.equal([]);
      const { settings } = await loadConfig(config, secrets, Date.now());
      expect(settings?.publisher.kind).to.equal('kafka');
    });
  }
});
