import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { lockFolder } from '../../../src/publish/disk/lock.js';
import { caught } from './records.js';

describe('the lock of a folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const log = () => undefined;

  it('is one holder’s until he releases it', async () => {
    const { release } = await lockFolder(folder, log, 0);
    expect(await caught(lockFolder(folder, log, 0))).to.include({ reason: 'FOLDER_IN_USE' });
    await release();
    expect(readdirSync(folder)).to.deep.equal([]);
    await (await lockFolder(folder, log, 0)).release();
  });

  it('is not held by the dead, nor by a later process with the id of one', async () => {
    // A process that is there but is not the one that began then.
    for (const name of ['lock.4194305.17', `lock.${process.ppid}.1`]) writeFileSync(join(folder, name), '');
    const { release } = await lockFolder(folder, log, 0);
    expect(readdirSync(folder)).to.have.length(1);
    await release();
  });

  it('is held by a living process of which no more than the id is known', async () => {
    writeFileSync(join(folder, `lock.${process.ppid}.0`), '');
    expect(await caught(lockFolder(folder, log, 0))).to.include({ reason: 'FOLDER_IN_USE' });
    expect(readdirSync(folder)).to.deep.equal([`lock.${process.ppid}.0`]);
  });
});
