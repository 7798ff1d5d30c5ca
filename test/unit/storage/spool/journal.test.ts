import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { type Files, realFiles } from '../../../../src/storage/disk/files.js';
import { encodeFrame, frameHead, longestBody, oldFraming } from '../../../../src/storage/disk/frame.js';
import { seal } from '../../../../src/storage/disk/seal.js';
import { Journal } from '../../../../src/storage/spool/journal.js';
import { NewerFormatError } from '../../../../src/util/newer-format.js';
import { caught } from '../../kafka/records.js';
import { journalOptions, openJournal, readAll, type Said } from './journals.js';

describe('a journal', function () {
  // It looks at damage anywhere, byte by byte.
  this.timeout(30_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-journal-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function fill(bodies: readonly (string | Buffer)[]): Promise<void> {
    const { journal } = await openJournal(realFiles, folder);
    await Promise.all(bodies.map((body, index) => journal.append(index + 1, Buffer.from(body))));
    await journal.close();
  }

  /** Bytes of the first line. */
  function headLength(file: string): number {
    return readFileSync(file).indexOf(10) + 1;
  }

  function onlyFile(): string {
    const [name = '', ...others] = readdirSync(folder).filter((each) => each.endsWith('.journal'));
    expect(others).to.deep.equal([]);
    return join(folder, name);
  }

  it('gives back what was appended, in order, to the next process', async () => {
    await fill(['a', 'b']);
    const { journal, said } = await openJournal(realFiles, folder);
    expect(said).to.deep.equal([]);
    await journal.append(3, Buffer.from('c'));
    expect(await readAll(journal)).to.deep.equal([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
    await journal.close();
  });

  it('forgets from the front, and leaves nothing on disk when all is done', async () => {
    await fill(['a', 'b', 'c']);
    const { journal } = await openJournal(realFiles, folder);
    await journal.forget(2);
    expect(await readAll(journal)).to.deep.equal([[3, 'c']]);
    await journal.forget(3);
    expect(journal.bytes).to.equal(0);
    expect(readdirSync(folder)).to.deep.equal(['done']);
    await journal.append(4, Buffer.from('d'));
    await journal.close();
    const next = await openJournal(realFiles, folder);
    expect(await readAll(next.journal)).to.deep.equal([[4, 'd']]);
    await next.journal.close();
  });

  it('refuses a number that is not the next', async () => {
    const { journal } = await openJournal(realFiles, folder);
    await journal.append(5, Buffer.from('a'));
    expect(() => journal.append(5, Buffer.from('b'))).to.throw(RangeError);
    await journal.close();
  });

  it('keeps what is whole of a torn end, and says what is torn', async () => {
    await fill(['first', 'second', 'third']);
    const file = onlyFile();
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, bytes.length - 3));
    const { journal, said } = await openJournal(realFiles, folder);
    const offset = headLength(file) + 2 * frameHead + 'firstsecond'.length;
    expect(said.map(({ level, fields }) => [level, fields])).to.deep.equal([
      ['warn', { file, offset, bytes: frameHead + 2 }],
    ]);
    expect(await readAll(journal)).to.deep.equal([
      [1, 'first'],
      [2, 'second'],
    ]);
    await journal.forget(journal.last);
    await journal.close();
    expect(readdirSync(folder), 'nothing is set aside for it').to.deep.equal(['done']);
  });

  it('gives no number twice where a crash left nothing whole of one', async () => {
    await fill(['first', 'second']);
    const { journal: torn } = await openJournal(realFiles, folder);
    await torn.append(3, Buffer.from('third'));
    await torn.close();
    const [, file = ''] = readdirSync(folder).filter((each) => each.endsWith('.journal'));
    const path = join(folder, file);
    writeFileSync(path, readFileSync(path).subarray(0, headLength(path) + 10));
    const { journal } = await openJournal(realFiles, folder);
    expect(journal.last).to.equal(3);
    await journal.append(4, Buffer.from('again'));
    expect((await readAll(journal)).at(-1)).to.deep.equal([4, 'again']);
    await journal.close();
  });

  it('finds no frame in a body that is made to look like one', async () => {
    const forged = encodeFrame(2, Buffer.from('forged'), { seed: 0, head: frameHead });
    await fill([Buffer.concat([forged, forged])]);
    const file = onlyFile();
    writeFileSync(file, readFileSync(file).subarray(0, -1));
    const { journal } = await openJournal(realFiles, folder);
    expect(await readAll(journal)).to.deep.equal([]);
    await journal.close();
  });

  it('keeps every whole frame around a damage anywhere', async () => {
    const bodies = ['one', 'two', 'three', 'four', 'five'];
    await fill(bodies);
    const file = onlyFile();
    const good = readFileSync(file);
    const frames = bodies.map((body, index) => ({ number: index + 1, body, length: frameHead + body.length }));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: headLength(file), max: good.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          const bad = Buffer.from(good);
          bad[at] = (bad[at] ?? 0) ^ flip;
          writeFileSync(file, bad);
          const { journal, said } = await openJournal(realFiles, folder);
          let start = good.indexOf(10) + 1;
          const whole = frames.filter(({ length }) => {
            const hit = at >= start && at < start + length;
            start += length;
            return !hit;
          });
          expect(await readAll(journal)).to.deep.equal(whole.map(({ number, body }) => [number, body]));
          expect(said.reduce((sum, { fields }) => sum + Number(fields.bytes), 0)).to.equal(
            frames.find(({ number }) => !whole.some((each) => each.number === number))?.length,
          );
          await journal.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('reads frames that are larger than a look', async () => {
    const large = Buffer.alloc(50_000, 'x').toString();
    await fill([large, 'small', large]);
    const { journal } = await openJournal(realFiles, folder);
    expect((await readAll(journal)).map(([, body]) => body.length)).to.deep.equal([50_000, 5, 50_000]);
    await journal.close();
  });

  it('says in its first line what a file is, and whose', async () => {
    await fill(['a']);
    const [line = ''] = readFileSync(onlyFile(), 'utf8').split('\n');
    expect(line).to.match(/^webhook-gateway journal 1 \{"stream":"test","first":1,"salt":"[0-9a-f]{8}"\} [0-9a-f]{8}$/);
  });

  it('reads and forgets what was written before files had a first line, and goes on', async () => {
    const name = '0000000000000001-0badcafe.journal';
    const frames = ['a', 'b', 'c'].map((body, index) => encodeFrame(index + 1, Buffer.from(body), oldFraming(name)));
    writeFileSync(join(folder, name), Buffer.concat(frames));
    writeFileSync(join(folder, 'done'), '1');
    const { journal, said } = await openJournal(realFiles, folder);
    await journal.append(4, Buffer.from('d'));
    expect((await readAll(journal)).map(([, body]) => body)).to.deep.equal(['b', 'c', 'd']);
    await journal.forget(4);
    await journal.close();
    expect(said).to.deep.equal([]);
    expect(readdirSync(folder)).to.deep.equal(['done']);
  });

  it('touches nothing where a newer version has written some of it', async () => {
    await fill(['a', 'b']);
    writeFileSync(join(folder, '9.journal'), 'something');
    const newer = seal('journal', { stream: 'test' }).replace(' 1 {', ' 2 {');
    const sum = (text: string) =>
      crc32(text.slice(0, text.lastIndexOf(' ') + 1))
        .toString(16)
        .padStart(8, '0');
    writeFileSync(join(folder, 'x.journal'), `${newer.slice(0, newer.lastIndexOf(' ') + 1)}${sum(newer)}\n`);
    const before = readdirSync(folder).map((each) => [each, readFileSync(join(folder, each), 'hex')]);
    const error = await caught(openJournal(realFiles, folder));
    expect(error).to.be.instanceOf(NewerFormatError);
    expect(String(error)).to.include('version 2');
    expect(readdirSync(folder).map((each) => [each, readFileSync(join(folder, each), 'hex')])).to.deep.equal(before);
  });

  it('sets aside a file that is not a journal, or another one’s, and says so', async () => {
    await fill(['a']);
    writeFileSync(join(folder, '0000000000000007-00000000.journal'), 'rubbish '.repeat(10));
    const other = await Journal.open(journalOptions(realFiles, join(folder, 'other'), [], 'another'));
    await other.append(1, Buffer.from('of another'));
    await other.close();
    for (const name of readdirSync(join(folder, 'other')))
      if (name.endsWith('.journal')) renameSync(join(folder, 'other', name), join(folder, name));
    const { journal, said } = await openJournal(realFiles, folder);
    expect(await readAll(journal)).to.deep.equal([[1, 'a']]);
    await journal.close();
    expect(said.filter(({ message }) => message.includes('set aside'))).to.have.length(2);
    const kept = readdirSync(folder).filter((name) => name.includes('.damaged-2026-11-30T'));
    expect(kept).to.have.length(2);
    expect(kept.map((name) => readFileSync(join(folder, name), 'utf8')).join())
      .to.include('of another')
      .and.include('rubbish');
  });

  it('reads files in the order of what they say, whatever their names', async () => {
    await fill(['a', 'b']);
    const { journal: second } = await openJournal(realFiles, folder);
    await second.append(3, Buffer.from('c'));
    await second.close();
    const [one = '', two = ''] = readdirSync(folder).filter((name) => name.endsWith('.journal'));
    renameSync(join(folder, one), join(folder, 'x'));
    renameSync(join(folder, two), join(folder, one));
    renameSync(join(folder, 'x'), join(folder, two));
    const { journal } = await openJournal(realFiles, folder);
    expect((await readAll(journal)).map(([, body]) => body)).to.deep.equal(['a', 'b', 'c']);
    await journal.close();
  });

  it('sends all again, and says so, where the note of what was delivered is damaged anywhere', async () => {
    await fill(['a', 'b', 'c']);
    const { journal } = await openJournal(realFiles, folder);
    await journal.forget(2);
    await journal.close();
    const good = readFileSync(join(folder, 'done'));
    for (let bit = 0; bit < good.length * 8; bit += 5) {
      const bad = Buffer.from(good);
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      writeFileSync(join(folder, 'done'), bad);
      const { journal: next, said } = await openJournal(realFiles, folder);
      expect((await readAll(next)).length).to.equal(3);
      expect(said.some(({ message }) => message.includes('all that is there is sent again'))).to.equal(true);
      await next.close();
    }
  });

  it('knows after a kill what was finished, whatever its order', async () => {
    await fill(Array.from({ length: 100 }, (_, index) => `body ${index + 1}`));
    const { journal } = await openJournal(realFiles, folder);
    journal.finish([2, 3, 50]);
    journal.finish([99]);
    // Killed here: nothing is closed.
    const { journal: next } = await openJournal(realFiles, folder);
    expect([...next.finished].sort((a, b) => a - b)).to.deep.equal([2, 3, 50, 99]);
    await next.forget(100);
    expect(readdirSync(folder)).to.deep.equal(['done']);
    await next.close();
  });

  it('says that a file is missing which it had', async () => {
    await fill(['a', 'b']);
    rmSync(onlyFile());
    const { journal, said } = await openJournal(realFiles, folder);
    expect(said.map(({ message }) => message)).to.deep.equal([
      'a file of the spool is missing: its records are lost unless they were set aside',
    ]);
    expect(journal.last).to.be.greaterThan(0);
    await journal.close();
  });

  it('refuses a body that a reader would take for damage', async () => {
    const { journal } = await openJournal(realFiles, folder);
    expect(() => journal.append(1, Buffer.alloc(longestBody + 1))).to.throw('are the most');
    await journal.append(1, Buffer.alloc(longestBody));
    await journal.close();
    const { journal: next } = await openJournal(realFiles, folder);
    const [frame] = await next.read(100);
    expect(frame?.body.length).to.equal(longestBody);
    await next.close();
  }).timeout(20_000);

  describe('whose files are taken away', () => {
    for (const [how, take] of [
      ['its folder is deleted', () => rmSync(folder, { recursive: true })],
      ['its file is deleted', () => rmSync(onlyFile())],
      ['its file is moved', () => renameSync(onlyFile(), join(folder, 'moved'))],
      [
        'another file is put in its place',
        () => {
          const file = onlyFile();
          rmSync(file);
          writeFileSync(file, 'another');
        },
      ],
    ] as const) {
      it(`has all that it acknowledged when ${how}: at the next append, and at the next look`, async () => {
        for (const next of ['append', 'look'] as const) {
          rmSync(folder, { recursive: true, force: true });
          const { journal, said } = await openJournal(realFiles, folder);
          await journal.append(1, Buffer.from('one'));
          await journal.append(2, Buffer.from('two'));
          take();
          if (next === 'append') await journal.append(3, Buffer.from('three'));
          else await journal.verify();
          expect(journal.fault).to.equal(undefined);
          expect(said.map(({ message }) => message).join()).to.include('they are written again');
          // Killed here.
          const { journal: after } = await openJournal(realFiles, folder);
          const bodies = next === 'append' ? ['one', 'two', 'three'] : ['one', 'two'];
          expect((await readAll(after)).map(([, body]) => body)).to.deep.equal(bodies);
          await after.close();
          await journal.close();
        }
      });
    }

    it('notes what is finished where only its notes were taken away', async () => {
      const { journal } = await openJournal(realFiles, folder);
      await journal.append(1, Buffer.from('one'));
      await journal.append(2, Buffer.from('two'));
      for (const name of readdirSync(folder).filter((each) => each.endsWith('.acked'))) rmSync(join(folder, name));
      await journal.verify();
      journal.finish([2]);
      // Killed here.
      const { journal: after } = await openJournal(realFiles, folder);
      expect([...after.finished]).to.deep.equal([2]);
      await Promise.all([after.close(), journal.close()]);
    });

    it('notes what is finished as soon as the disk takes notes again', async () => {
      let full = false;
      const files: Files = {
        ...realFiles,
        async create(path) {
          const file = await realFiles.create(path);
          const writeNow = file.writeNow.bind(file);
          file.writeNow = (bytes) => {
            if (full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
            writeNow(bytes);
          };
          return file;
        },
      };
      const { journal } = await openJournal(files, folder);
      await journal.append(1, Buffer.from('one'));
      await journal.append(2, Buffer.from('two'));
      await journal.append(3, Buffer.from('three'));
      full = true;
      journal.finish([2]);
      full = false;
      await journal.verify();
      journal.finish([3]);
      // Killed here.
      const { journal: after } = await openJournal(realFiles, folder);
      expect([...after.finished]).to.deep.equal([2, 3]);
      await Promise.all([after.close(), journal.close()]);
    });

    it('reports what is lost when its file is cut, and keeps what follows', async () => {
      const { journal, said } = await openJournal(realFiles, folder);
      await journal.append(1, Buffer.from('one'));
      await journal.append(2, Buffer.from('two'));
      const file = onlyFile();
      truncateSync(file, headLength(file) + frameHead + 4);
      await journal.append(3, Buffer.from('three'));
      expect(said.map(({ message }) => message).join()).to.include('damaged');
      expect((await readAll(journal)).map(([, body]) => body)).to.deep.equal(['one', 'three']);
      await journal.close();
    });

    it('acknowledges nothing while the folder cannot be had', async () => {
      let away = false;
      const retake = async () => {
        if (away) throw new Error('the volume is gone');
      };
      const said: Said[] = [];
      const journal = await Journal.open({ ...journalOptions(realFiles, folder, said), retake });
      await journal.append(1, Buffer.from('one'));
      rmSync(folder, { recursive: true });
      away = true;
      expect(String(await caught(journal.append(2, Buffer.from('two'))))).to.include('the volume is gone');
      expect(existsSync(folder)).to.equal(false);
      await journal.verify();
      expect(String(journal.fault)).to.include('the volume is gone');
      away = false;
      await journal.verify();
      expect(journal.fault).to.equal(undefined);
      await journal.append(3, Buffer.from('three'));
      const { journal: after } = await openJournal(realFiles, folder);
      expect((await readAll(after)).map(([, body]) => body)).to.deep.equal(['one', 'three']);
      await Promise.all([after.close(), journal.close()]);
    });
  });

  it('closes each file once, whatever is under way', async () => {
    const { journal, said } = await openJournal(realFiles, folder);
    await Promise.all([1, 2, 3].map((number) => journal.append(number, Buffer.alloc(200_000, 'x'))));
    const reading = journal.read(1_000_000);
    const removing = journal.forget(3);
    const closing = journal.close();
    await Promise.all([reading, removing, closing, journal.close(), journal.forget(5)]);
    expect(said).to.deep.equal([]);
  });
});
