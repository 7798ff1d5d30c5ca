import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { loadConfig } from '../../../src/config/load.js';
import type { Environment } from '../../../src/config/substitute.js';
import { formatPretty } from '../../../src/diagnostics/pretty.js';
import { lint } from '../../../src/testing/lint/lint.js';

const cases = fileURLToPath(new URL('../../cases/lint/', import.meta.url));
const now = Date.parse('2027-01-01T00:00:00Z');

/** A case is a folder: gateway.yaml, its plugins, env.json and what lint prints. `UPDATE=1` writes the latter anew. */
describe('lint case', () => {
  for (const name of readdirSync(cases)) {
    it(name, async () => {
      const base = join(cases, name);
      const expected = join(base, 'expected.txt');
      const config = join(base, 'gateway.yaml');
      const { settings } = await loadConfig(config, readEnvironment(base), now);
      const { diagnostics, sources } = await lint([{ config }], readEnvironment(base), now);
      const printed = formatPretty(diagnostics, sources, { base }).replaceAll(base, '<case>');
      if (process.env.UPDATE === '1') writeFileSync(expected, printed);
      expect(printed).to.equal(readFileSync(expected, 'utf8'));
      expect(printed).not.to.contain('LEAK');
      expect(settings === undefined).to.equal(diagnostics.some(({ severity }) => severity === 'error'));
    });
  }
});

function readEnvironment(base: string): Environment {
  const file = join(base, 'env.json');
  const variables: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  return Object.fromEntries(Object.entries(Object(variables)).map(([name, value]) => [name, String(value)]));
}
