import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { loadConfig } from '../../src/config/load.js';
import { metrics } from '../../src/telemetry/metrics.js';
import { makeDirectory } from '../e2e/cli.js';
import { fences } from './markdown.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = readFileSync(join(root, 'docs/observability.md'), 'utf8');
const env = {
  ...{ STRIPE_WEBHOOK_SECRET: 'whsec_ZXhhbXBsZQ', STRIPE_EU_WEBHOOK_SECRET: 'whsec_ZXhhbXBsZQ' },
  OTLP_AUTHORIZATION: 'Bearer example',
};

describe('docs/observability.md', () => {
  for (const [index, { text: yaml, language }] of fences(text).entries()) {
    it(`has a gateway.yaml that lints clean: ${index + 1}`, async () => {
      expect(language).to.equal('yaml');
      const directory = makeDirectory({});
      try {
        cpSync(join(root, 'plugins'), join(directory.path, 'plugins'), { recursive: true });
        const file = join(directory.path, 'gateway.yaml');
        writeFileSync(file, yaml);
        const { diagnostics, settings } = await loadConfig(file, env, Date.UTC(2026, 10, 1));
        expect(diagnostics).to.deep.equal([]);
        expect(settings?.endpoints.length).to.be.greaterThan(0);
      } finally {
        directory.remove();
      }
    });
  }

  it('names only metrics that there are', () => {
    const named = text.match(/gateway_[a-z_]+/g) ?? [];
    expect(named.filter((name) => !(name in metrics))).to.deep.equal([]);
    expect(named.length).to.be.greaterThan(4);
  });

  it('names all attributes of spans that there are', () => {
    const source = readFileSync(join(root, 'src/telemetry/spans.ts'), 'utf8');
    const names = [...source.matchAll(/'((?:http|url|client|error|webhook|messaging|cloudevents)\.[a-z._]+)'/g)];
    const left = names.map(([, name = '']) => name).filter((name) => !text.includes(`\`${name}\``));
    expect(left).to.deep.equal(['http.request.method_original']);
  });
});
