import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { examineModes } from '../../../../src/cli/doctor/modes.js';
import { loadConfig } from '../../../../src/config/load.js';
import { ownPlugins } from '../../../../src/config/plugin-folders.js';
import type { GatewaySettings } from '../../../../src/config/settings.js';

describe('doctor, of modes', () => {
  let root: string;
  let settings: GatewaySettings;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'gateway-modes-'));
    const file = join(root, 'gateway.yaml');
    writeFileSync(
      file,
      `version: 1\nembedded: { dir: data }\nplugins: ${ownPlugins}\nendpoints:\n  - { provider: stripe, path: /s, secrets: [{ name: a, env: S }] }\n`,
    );
    const loaded = await loadConfig(file, { S: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }, 0);
    if (loaded.settings === undefined) throw new Error(JSON.stringify(loaded.diagnostics));
    settings = loaded.settings;
  });

  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function make(folderMode: number, fileMode: number): void {
    const topic = join(root, 'data/topics');
    mkdirSync(topic, { recursive: true });
    writeFileSync(join(topic, 'records.log'), 'payload');
    chmodSync(join(topic, 'records.log'), fileMode);
    chmodSync(topic, folderMode);
    chmodSync(join(root, 'data'), folderMode);
  }

  it('says nothing of folders that are not there', async () => {
    expect(await examineModes(settings)).to.deep.equal([]);
  });

  it('warns of a folder that others can enter, and says how many files they can read', async () => {
    make(0o755, 0o644);
    const [finding] = await examineModes(settings);
    expect(finding).to.include({ id: 'modes embedded.dir', status: 'warn' });
    expect(finding?.message).to.contain('mode 0755').and.contain('2 files or folders');
    expect(finding?.hint).to.contain('chmod -R go-rwx');
  });

  it('is content with a folder for its user alone, whatever is in it', async () => {
    make(0o700, 0o644);
    expect((await examineModes(settings)).map(({ status }) => status)).to.deep.equal(['ok']);
  });
});
