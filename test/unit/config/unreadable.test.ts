import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { loadConfig } from '../../../src/config/load.js';
import { blockingDisk, disk, type Files, mayBeThere, recordFiles, replayFiles } from '../../../src/util/read-text.js';

const shipped = fileURLToPath(new URL('../../../plugins', import.meta.url));
const long = 'x'.repeat(300);

describe('what cannot be read', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-unreadable-'));
    mkdirSync(join(folder, 'a-folder'));
    writeFileSync(join(folder, 'a-file'), 'text');
    symlinkSync('loop', join(folder, 'loop'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function configOf(plugins: string, secret: string): string {
    const file = join(folder, 'gateway.yaml');
    const endpoint = `endpoints: [{ provider: stripe, path: /s, secrets: [{ name: a, file: "${secret}" }] }]`;
    writeFileSync(file, `version: 1\nplugins: "${plugins}"\nembedded: { dir: data }\n${endpoint}\n`);
    return file;
  }

  async function messagesOf(plugins: string, secret: string, files?: Files): Promise<readonly string[]> {
    const { diagnostics } = await loadConfig(configOf(plugins, secret), {}, 0, files);
    return diagnostics.map(({ message }) => message.replaceAll(folder, '.'));
  }

  const names: readonly (readonly [name: string, asFile: string, asFolder: string])[] = [
    ['./nothing', 'There is no file ./nothing', 'There is no folder ./nothing'],
    [
      'a-file/x',
      'Cannot read file a-file/x: it, or what stands above it in its path, is not a folder (ENOTDIR)',
      'Cannot read folder ./a-file/x: it, or what stands above it in its path, is not a folder (ENOTDIR)',
    ],
    [
      'loop',
      'Cannot read file loop: its symbolic links lead in a circle (ELOOP)',
      'Cannot read folder ./loop: its symbolic links lead in a circle (ELOOP)',
    ],
  ];
  for (const [name, asFile, asFolder] of names) {
    it(`is told as what it is: ${name}`, async () => {
      expect(await messagesOf(shipped, name)).to.deep.equal([asFile]);
      expect(await messagesOf(name, 'a-file')).to.include(asFolder);
    });
  }

  it('is told as what it is: a folder as a file, a file as a folder, and a name that is too long', async () => {
    expect(await messagesOf(shipped, './a-folder')).to.deep.equal([
      'Cannot read file ./a-folder: it is a folder (EISDIR)',
    ]);
    expect(await messagesOf('a-file', 'a-file')).to.include(
      'Cannot read folder ./a-file: it, or what stands above it in its path, is not a folder (ENOTDIR)',
    );
    expect(await messagesOf(`./${long}`, 'a-file')).to.include(
      `Cannot read folder ./${long}: its name is too long for this file system (ENAMETOOLONG)`,
    );
    const { diagnostics } = await loadConfig(join(folder, 'a-file/gateway.yaml'), {}, 0);
    expect(diagnostics.map(({ message }) => message)).to.deep.equal([
      'Cannot read this file: it, or what stands above it in its path, is not a folder (ENOTDIR)',
    ]);
  });

  for (const [reason, meaning] of [
    ['EACCES', 'this user may not read it, or may not enter a folder above it'],
    ['EMFILE', 'this process has too many files open: raise its limit (ulimit -n)'],
  ] as const) {
    it(`names the cause where the system says ${reason}, of folders, plugins and their files`, async () => {
      const locked = (wanted: string): Files => ({
        read: async (path) => (path.includes(wanted) ? { reason } : disk.read(path)),
        listPlugins: async (path) => (path.includes(wanted) ? { reason } : disk.listPlugins(path)),
      });
      expect(await messagesOf('a-folder', 'a-file', locked('a-folder'))).to.include(
        `Cannot read folder ./a-folder: ${meaning} (${reason})`,
      );
      const plugin = await messagesOf(shipped, 'a-file', locked('stripe/plugin.yaml'));
      expect(plugin).to.include(`Cannot read file plugin.yaml: ${meaning} (${reason})`);
      const types = await messagesOf(shipped, 'a-file', locked('stripe/event-types.txt'));
      expect(types).to.include(`Cannot read file event-types.txt in the folder of the plugin: ${meaning} (${reason})`);
    });
  }

  it('is the same for a worker, which loads what its primary has read', async () => {
    const recorded = recordFiles(disk);
    const said = await messagesOf('loop', 'a-folder', recorded);
    expect(said).to.have.length(3);
    rmSync(join(folder, 'loop'));
    rmSync(join(folder, 'a-folder'), { recursive: true });
    expect(await messagesOf('loop', 'a-folder', replayFiles(recorded.snapshot()))).to.deep.equal(said);
  });

  it('is a plugin all the same, whose reading tells', async () => {
    mkdirSync(join(folder, 'plugins/locked'), { recursive: true });
    symlinkSync('plugin.yaml', join(folder, 'plugins/locked/plugin.yaml'));
    mkdirSync(join(folder, 'plugins/none'));
    for (const files of [disk, blockingDisk]) {
      expect(await files.listPlugins(join(folder, 'plugins'))).to.deep.equal({ names: ['locked'] });
      expect(await files.listPlugins(join(folder, 'loop'))).to.deep.equal({ reason: 'ELOOP' });
    }
  });

  it('is not taken for something that is not there', () => {
    const there = ['a-file', 'a-folder', 'loop', 'nothing', 'a-file/x', long].map((name) =>
      mayBeThere(join(folder, name)),
    );
    expect(there).to.deep.equal([true, true, true, false, false, false]);
  });
});
