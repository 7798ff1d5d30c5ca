import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { formatPretty } from '../../src/diagnostics/pretty.js';

const cases = fileURLToPath(new URL('../cases/lint/', import.meta.url));
const built = new URL('../../dist/', import.meta.url);

/** The build compiles the package's own schemas ahead: what they say of a fault must be the same. */
describe('the built linter', () => {
  let lint: typeof import('../../src/testing/lint/lint.js').lint;
  let precompiled: typeof import('../../src/diagnostics/precompiled.js').precompiled;
  before(async () => {
    ({ lint } = await import(`${built}testing/lint/lint.js`));
    ({ precompiled } = await import(`${built}diagnostics/precompiled.js`));
  });

  it('has the checks of every file that people write', () => {
    const ids = [...precompiled.keys()].map((id) => id.replace(/.*\//, ''));
    const own = ['example', 'example-objects', 'gateway', 'plugin', 'scenario', 'tests'].map(
      (name) => `${name}.schema.json`,
    );
    expect(ids).to.have.members(['schema', ...own]);
  });

  for (const name of readdirSync(cases)) {
    it(`says what the linter from source says: ${name}`, async () => {
      const base = join(cases, name);
      const env = join(base, 'env.json');
      const environment = existsSync(env) ? JSON.parse(readFileSync(env, 'utf8')) : {};
      const config = join(base, 'gateway.yaml');
      const { diagnostics, sources } = await lint([{ config }], environment, Date.parse('2027-01-01T00:00:00Z'));
      const printed = formatPretty(diagnostics, sources, { base }).replaceAll(base, '<case>');
      expect(printed).to.equal(readFileSync(join(base, 'expected.txt'), 'utf8'));
    });
  }
});
