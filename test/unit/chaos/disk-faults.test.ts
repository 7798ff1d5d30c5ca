import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type DiskFault, prepareDiskFaults } from '../../chaos/fail-disk.js';

const run = promisify(execFile);

/** What each call of the spool's answers: `ok`, or the code of its error. */
const calls = `
import { closeSync, fdatasync, open, openSync, read, write, writeSync } from 'node:fs';
import { mkdir, open as openHandle, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
const folder = process.argv[2];
const file = openSync(folder + '/file', 'a+');
const said = {};
const say = async (name, work) => { said[name] = await work().then(() => 'ok', ({ code }) => code); };
await say('write', () => promisify(write)(file, Buffer.from('0123456789'), 0, 10));
await say('writeSync', async () => writeSync(file, Buffer.from('abcdef'), 0));
await say('fdatasync', () => promisify(fdatasync)(file));
await say('read', async () => { const { bytesRead } = await promisify(read)(file, Buffer.alloc(4), 0, 4, 0); if (bytesRead === undefined) throw new Error('no bytesRead'); });
await say('open to read', async () => closeSync(await promisify(open)(folder + '/file', 'r')));
await say('open to write', async () => closeSync(await promisify(open)(folder + '/other', 'a+')));
await say('mkdir', () => mkdir(folder + '/new', { recursive: true }));
await say('writeFile', () => writeFile(folder + '/text', 'text'));
await say('rename', () => rename(folder + '/file', folder + '/file'));
await say('readFile', () => readFile(folder + '/file'));
await say('rm', () => rm(folder + '/none', { force: true }));
await say('sync of a folder', async () => { const handle = await openHandle(folder, 'r'); try { await handle.sync(); } finally { await handle.close(); } });
process.stdout.write(JSON.stringify(said));
`;

describe('the failing disk of chaos runs', () => {
  const dir = mkdtempSync(join(tmpdir(), 'disk-faults-'));
  after(() => rmSync(dir, { recursive: true, force: true }));
  const script = join(dir, 'calls.mjs');
  const folder = join(dir, 'folder');
  let environment: { readonly [name: string]: string };
  before(async () => {
    environment = await prepareDiskFaults(dir);
    writeFileSync(script, calls);
  });
  beforeEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    await run('mkdir', [folder]);
  });

  async function say(fault?: Omit<DiskFault, 'percent'>): Promise<readonly string[]> {
    const control = environment.CHAOS_DISK_FAULT ?? '';
    rmSync(control, { force: true });
    if (fault !== undefined) writeFileSync(control, JSON.stringify({ ...fault, percent: 100 }));
    const { stdout } = await run(process.execPath, [script, folder], { env: { ...process.env, ...environment } });
    return Object.entries(JSON.parse(stdout)).flatMap(([name, answer]) => (answer === 'ok' ? [] : `${name} ${answer}`));
  }

  it('does nothing while there is no fault, or elsewhere', async () => {
    expect(await say()).to.deep.equal([]);
    expect(await say({ folder: join(dir, 'fol'), error: 'EIO', calls: ['sync', 'write', 'read'] })).to.deep.equal([]);
  });

  it('fails syncs', async () => {
    const said = await say({ folder, error: 'EIO', calls: ['sync'] });
    expect(said).to.deep.equal(['fdatasync EIO']);
    const above = await say({ folder: dir, error: 'EIO', calls: ['sync'] });
    expect(above).to.deep.equal(['fdatasync EIO', 'sync of a folder EIO']);
  });

  it('fails reads', async () => {
    const said = await say({ folder, error: 'EIO', calls: ['read'] });
    expect(said).to.deep.equal(['read EIO', 'open to read EIO', 'readFile EIO']);
  });

  it('tears writes, and fails what makes or changes names', async () => {
    const said = await say({ folder, error: 'ENOSPC', calls: ['write', 'change'] });
    expect(said).to.deep.equal([
      ...['write ENOSPC', 'writeSync ENOSPC', 'open to write ENOSPC', 'mkdir ENOSPC'],
      ...['writeFile ENOSPC', 'rename ENOSPC', 'rm ENOSPC'],
    ]);
    expect(readFileSync(join(folder, 'file'), 'utf8')).to.equal('01234abc');
  });
});
