import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { loadConfig } from '../../../src/config/load.js';

const plugins = fileURLToPath(new URL('../../../plugins', import.meta.url));

async function load(secrets: readonly object[], text = ''): Promise<{ kinds: unknown[]; faults: string[] }> {
  const dir = mkdtempSync(join(tmpdir(), 'gateway-config-'));
  try {
    const file = join(dir, 'gateway.yaml');
    const endpoint = { provider: 'polar', path: '/webhooks/polar', ...(secrets.length > 0 ? { secrets } : {}) };
    writeFileSync(file, stringify({ version: 1, plugins, embedded: { dir: 'data' }, endpoints: [endpoint] }));
    const { settings, diagnostics } = await loadConfig(file, { SECRET: text }, 0);
    return {
      kinds: settings?.endpoints[0]?.secrets.map(({ name, for: kind }) => [name, kind]) ?? [],
      faults: diagnostics.map(({ rule }) => rule),
    };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

describe('a secret that does not say what it is for', () => {
  const secret = { name: 'current', env: 'SECRET' };

  it('is tried as every kind that the plugin allows and its text fits', async () => {
    expect(await load([secret], 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')).to.deep.equal({
      faults: [],
      kinds: [
        ['current', 'standard'],
        ['current', 'legacy'],
      ],
    });
    expect(await load([secret], 'polar_whs_not base64!')).to.deep.equal({ faults: [], kinds: [['current', 'legacy']] });
  });

  it('is of the one kind that it names', async () => {
    const named = { ...secret, for: 'standard' };
    expect(await load([named], 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')).to.deep.include({
      kinds: [['current', 'standard']],
    });
  });

  it('must be there', async () => {
    expect((await load([])).faults).to.deep.equal(['endpoint-secret-missing']);
  });
});
