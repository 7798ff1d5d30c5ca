import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Files, realFiles } from '../../../../src/storage/disk/files.js';
import { encodeHead, makeHead } from '../../../../src/storage/disk/head.js';
import { Journal } from '../../../../src/storage/spool/journal.js';
import { caught } from '../../kafka/records.js';
import { journalOptions, openJournal, readAll } from './journals.js';

describe('a journal between two processes', () => {
  let folder: string;
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'gateway-journal-')), 'topics', 'test');
  });
  afterEach(() => rmSync(join(folder, '..', '..'), { recursive: true, force: true }));

  it('reads what lies behind a file that a crash has left without a record', async () => {
    const { journal: first } = await openJournal(realFiles, folder);
    await first.append(1, Buffer.from('one'));
    await first.close();
    const { name, head } = makeHead('test', 2, '.journal');
    writeFileSync(join(folder, name), encodeHead('journal', head).line);
    const { journal } = await openJournal(realFiles, folder);
    await journal.append(2, Buffer.from('two'));
    expect(await readAll(journal)).to.deep.equal([
      [1, 'one'],
      [2, 'two'],
    ]);
    await journal.close();
  });

  it('writes its files again when it is closed just after they were deleted', async () => {
    const { journal } = await openJournal(realFiles, folder);
    await journal.append(1, Buffer.from('one'));
    rmSync(folder, { recursive: true });
    await journal.close();
    const { journal: next } = await openJournal(realFiles, folder);
    expect(await readAll(next)).to.deep.equal([[1, 'one']]);
    await next.close();
  });

  it('notes nothing in a folder that is somebody else’s by now: his records would count as delivered', async () => {
    let taken = false;
    const retake = async () => {
      if (taken) throw new Error('another process has the folder');
    };
    const journal = await Journal.open({ ...journalOptions(realFiles, folder), retake });
    await journal.append(1, Buffer.from('one'));
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    taken = true;
    await journal.forget(1);
    await journal.close();
    expect(existsSync(join(folder, 'done'))).to.equal(false);
  });

  it('finds that the disk takes something again, where it did not even take the folder', async () => {
    let readOnly = true;
    const create: Files['create'] = async (file) => {
      if (readOnly) throw new Error('read-only file system');
      return realFiles.create(file);
    };
    const { journal } = await openJournal({ ...realFiles, create }, folder);
    expect(String(await caught(journal.append(1, Buffer.from('one'))))).to.include('read-only');
    readOnly = false;
    await journal.verify();
    expect(journal.fault).to.equal(undefined);
    await journal.close();
  });
});
