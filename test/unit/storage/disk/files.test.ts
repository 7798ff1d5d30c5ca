import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { packageRoot } from '../../../../src/util/package-root.js';
import { prepareDiskFaults } from '../../../chaos/fail-disk.js';

const run = promisify(execFile);

const create = `
import { readlinkSync, readdirSync } from 'node:fs';
const { realFiles } = await import(process.argv[2] + '/src/storage/disk/files.ts');
const folder = process.argv[3];
const code = await realFiles.create(folder + '/new').then(() => 'ok', (error) => error.code);
const open = readdirSync('/proc/self/fd').filter((fd) => {
  try { return readlinkSync('/proc/self/fd/' + fd).startsWith(folder); } catch { return false; }
});
process.stdout.write(JSON.stringify({ code, open: open.length, names: readdirSync(folder) }));
`;

describe('a new file', () => {
  const dir = mkdtempSync(join(tmpdir(), 'gateway-files-'));
  after(() => rmSync(dir, { recursive: true, force: true }));

  it('is gone again, and closed, where its folder cannot be synced', async () => {
    const environment = await prepareDiskFaults(dir);
    const folder = join(dir, 'above/folder');
    mkdirSync(folder, { recursive: true });
    const script = join(dir, 'create.mjs');
    writeFileSync(script, create);
    const fault = { folder: join(dir, 'above'), error: 'EIO', calls: ['sync'], percent: 100 };
    writeFileSync(environment.CHAOS_DISK_FAULT ?? '', JSON.stringify(fault));
    const { stdout } = await run(process.execPath, ['--import', 'tsx/esm', script, packageRoot, folder], {
      cwd: packageRoot,
      env: { ...process.env, ...environment },
    });
    expect(JSON.parse(stdout)).to.deep.equal({ code: 'EIO', open: 0, names: [] });
    expect(readdirSync(folder)).to.deep.equal([]);
  });
});
