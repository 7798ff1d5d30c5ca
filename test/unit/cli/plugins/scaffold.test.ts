import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ownPlugins } from '../../../../src/config/plugin-folders.js';
import { openPlugin } from '../../../../src/config/plugins/catalogue.js';
import { likePlugin, newPlugin, writePlugin } from '../../../../src/config/plugins/scaffold.js';
import { testPlugin } from '../../../../src/testing/plugins/test-plugin.js';

describe('a new plugin', () => {
  let root: string;
  let folder: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'gateway-scaffold-'));
    folder = join(root, 'fake_pay');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  async function isGood(): Promise<void> {
    const { sound, diagnostics } = await openPlugin('fake_pay', folder);
    expect(diagnostics).to.deep.equal([]);
    const { checks, examples } = await testPlugin(sound ?? expect.fail(), Date.now());
    expect(checks.filter(({ outcome }) => outcome === 'failed')).to.deep.equal([]);
    for (const { topic } of examples) expect(topic).to.match(/^webhooks\.fake_pay\./);
  }

  it('lints clean and passes its test', async () => {
    expect(await writePlugin(folder, newPlugin('fake_pay', folder))).to.equal(true);
    await isGood();
  });

  for (const like of ['adyen', 'meta', 'standard_webhooks', 'braintree']) {
    it(`like ${like}, too`, async () => {
      await writePlugin(folder, await likePlugin('fake_pay', folder, like, join(ownPlugins, like)));
      await isGood();
      expect(readFileSync(join(folder, 'README.md'), 'utf8')).to.contain('# Fake Pay');
    });
  }

  it('leaves the addresses of the other provider behind', async () => {
    for (const like of ['stripe', 'worldpay_access']) {
      const own = readFileSync(join(ownPlugins, like, 'plugin.yaml'), 'utf8');
      const made = (await likePlugin('fake_pay', folder, like, join(ownPlugins, like))).get('plugin.yaml') ?? '';
      expect(own).to.match(/^addresses:\n( .*\n)+\nschemas:/m);
      expect(made).not.to.match(/addresses|networks:|\d+\.\d+\.\d+\.\d+/);
      expect(made).to.match(/\n\nschemas:/);
    }
  });

  it('overwrites nothing', async () => {
    await writePlugin(folder, newPlugin('fake_pay', folder));
    writeFileSync(join(folder, 'plugin.yaml'), 'mine');
    expect(await writePlugin(folder, newPlugin('fake_pay', folder))).to.equal(false);
    expect(readFileSync(join(folder, 'plugin.yaml'), 'utf8')).to.equal('mine');
  });
});
