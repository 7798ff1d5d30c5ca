import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { PublishError } from '../../../../src/core/model.js';
import { tryKernelLock } from '../../../../src/storage/disk/kernel-lock.js';
import { lockFolder } from '../../../../src/storage/disk/lock.js';
import { caught } from '../../kafka/records.js';

const holder = fileURLToPath(new URL('./lock-holder.ts', import.meta.url));
/** What makes a process see only itself and its children, as a container does. */
const ownPids = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
const canUnshare = spawnSync('unshare', [...ownPids.slice(1), 'true']).status === 0;

describe('the lock of a folder', () => {
  let folder: string;
  let children: ChildProcess[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-lock-'));
    children = [];
  });
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const log = () => undefined;

  /** Starts a process that takes the lock; gives what it says. */
  async function hold(prefix: readonly string[] = []): Promise<{ child: ChildProcess; said: string }> {
    const [command = '', ...args] = [...prefix, process.execPath, '--import', 'tsx', holder, folder];
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const [said] = await once(createInterface({ input: child.stdout }), 'line');
    return { child, said: String(said) };
  }

  it('is one holder’s until he releases it; others are told who, where and since when', async () => {
    const { release } = await lockFolder(folder, log, 0);
    const error = await caught(lockFolder(folder, log, 0));
    expect(error).to.be.instanceOf(PublishError).and.to.include({ kind: 'unavailable', reason: 'FOLDER_IN_USE' });
    expect(String(error)).to.match(
      new RegExp(`is in use by process ${process.pid} on ${hostname()} since \\d{4}-.*Z: stop that gateway`),
    );
    await release();
    expect(readdirSync(folder)).to.deep.equal(['lock']);
    await (await lockFolder(folder, log, 0)).release();
  });

  it('is free the moment its holder is killed, and not before', async () => {
    const { child, said } = await hold();
    expect(said).to.equal('held');
    expect(await caught(lockFolder(folder, log, 0))).to.include({ reason: 'FOLDER_IN_USE' });
    child.kill('SIGKILL');
    await once(child, 'close');
    await (await lockFolder(folder, log, 0)).release();
  }).timeout(20_000);

  it('holds between PID namespaces, as containers on one volume have them', async function () {
    if (!canUnshare) {
      // Only root may; the lock itself is the one that the test before looks at.
      expect(process.getuid?.()).not.to.equal(0);
      return;
    }
    this.timeout(20_000);
    const first = await hold(ownPids);
    expect(first.said).to.equal('held');
    const second = await hold(ownPids);
    expect(second.said).to.match(/is in use by process 1 on .* since /);
    expect(await caught(lockFolder(folder, log, 0))).to.include({ reason: 'FOLDER_IN_USE' });
    first.child.kill('SIGKILL');
    await once(first.child, 'close');
    expect((await hold(ownPids)).said).to.equal('held');
  });

  it('waits for a holder that is stopping, and says for whom', async () => {
    const { release } = await lockFolder(folder, log, 0);
    const warnings: unknown[] = [];
    const waiting = lockFolder(folder, (_level, _message, fields) => void warnings.push(fields.holder), 10_000);
    setTimeout(() => void release(), 100);
    await (await waiting).release();
    expect(warnings).to.have.length(1);
    expect(String(warnings[0])).to.match(/^process \d+ on /);
  });

  it('respects the claim of a living gateway of an older version, and leaves one that it respects', async () => {
    writeFileSync(join(folder, `lock.${process.ppid}.0`), '');
    expect(await caught(lockFolder(folder, log, 0))).to.include({ reason: 'FOLDER_IN_USE' });
    expect(readdirSync(folder)).to.have.members(['lock', `lock.${process.ppid}.0`]);
    rmSync(join(folder, `lock.${process.ppid}.0`));
    const { release } = await lockFolder(folder, log, 0);
    expect(readdirSync(folder).filter((name) => name.startsWith(`lock.${process.pid}.`))).to.have.length(1);
    await release();
  });

  it('is not held by dead gateways of an older version, nor by a later process with the id of one', async () => {
    for (const name of ['lock.4194305.17', `lock.${process.ppid}.1`]) writeFileSync(join(folder, name), '');
    const { release } = await lockFolder(folder, log, 0);
    await release();
    expect(readdirSync(folder)).to.deep.equal(['lock']);
  });

  it('is taken again where the folder was deleted, unless somebody else has it now', async () => {
    const lock = await lockFolder(folder, log, 0);
    await lock.retake();
    rmSync(folder, { recursive: true });
    await lock.retake();
    expect(await caught(lockFolder(folder, log, 0))).to.include({ reason: 'FOLDER_IN_USE' });
    renameSync(folder, `${folder}.moved`);
    const other = await lockFolder(folder, log, 0);
    expect(await caught(lock.retake())).to.include({ reason: 'FOLDER_IN_USE' });
    await other.release();
    await lock.retake();
    await lock.release();
    rmSync(`${folder}.moved`, { recursive: true });
  });

  it('is taken again once, whoever asks for it at the same time', async () => {
    const lock = await lockFolder(folder, log, 0);
    rmSync(folder, { recursive: true });
    await Promise.all([1, 2, 3].map(() => lock.retake()));
    expect(await caught(lockFolder(folder, log, 0))).to.include({ reason: 'FOLDER_IN_USE' });
    await lock.release();
    await (await lockFolder(folder, log, 0)).release();
  });

  it('is not taken on the disk beneath while its volume is away, and is again when it is mounted', async () => {
    const mount = join(folder, 'volume');
    mkdirSync(mount);
    const mounts = () => spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'gateway-test', mount]).status === 0;
    if (!mounts()) {
      // Only root may.
      expect(process.getuid?.()).not.to.equal(0);
      return;
    }
    try {
      const lock = await lockFolder(join(mount, 'spool/0'), log, 0);
      spawnSync('umount', ['-l', mount]);
      expect(await caught(lock.retake())).to.include({ kind: 'unavailable', reason: 'FOLDER_GONE' });
      expect(readdirSync(mount)).to.deep.equal([]);
      expect(mounts()).to.equal(true);
      await lock.retake();
      expect(readdirSync(join(mount, 'spool/0'))).to.include('lock');
      await lock.release();
    } finally {
      spawnSync('umount', ['-l', mount]);
    }
  });

  it('leaves what somebody has put into its file by mistake', async () => {
    writeFileSync(join(folder, 'lock'), 'a journal');
    await (await lockFolder(folder, log, 0)).release();
    expect(readFileSync(join(folder, 'lock'), 'utf8')).to.equal('a journal');
  });

  it('is refused, with what to do, where there are no locks', async () => {
    const none = () => {
      throw new PublishError('unavailable', 'NO_FILE_LOCKS', 'none');
    };
    expect(await caught(lockFolder(folder, log, 0, none))).to.include({ reason: 'NO_FILE_LOCKS' });
    const error = await caught((async () => tryKernelLock(4_000, '/no/lock'))());
    expect(error).to.include({ reason: 'NO_FILE_LOCKS' });
    expect(String(error)).to.include('/no/lock cannot be locked (EBADF): put the folder on a local disk');
  });
});
