import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { realFiles } from '../../../src/publish/disk/files.js';
import { encodeFrame } from '../../../src/publish/disk/frame.js';
import { Journal } from '../../../src/publish/spool/journal.js';

describe('a journal', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-journal-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function fill(bodies: readonly (string | Buffer)[]): Promise<void> {
    const { journal } = await Journal.open(realFiles, folder);
    await Promise.all(bodies.map((body, index) => journal.append(index + 1, Buffer.from(body))));
    await journal.close();
  }

  async function readAll(journal: Journal): Promise<[number, string][]> {
    const all: [number, string][] = [];
    for (let frames = await journal.read(100); frames.length > 0; frames = await journal.read(100)) {
      all.push(...frames.map(({ number, body }): [number, string] => [number, body.toString()]));
    }
    return all;
  }

  function onlyFile(): string {
    const [name = '', ...others] = readdirSync(folder).filter((each) => each.endsWith('.journal'));
    expect(others).to.deep.equal([]);
    return join(folder, name);
  }

  it('gives back what was appended, in order, to the next process', async () => {
    await fill(['a', 'b']);
    const { journal, damage } = await Journal.open(realFiles, folder);
    expect(damage).to.deep.equal([]);
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
    const { journal } = await Journal.open(realFiles, folder);
    await journal.forget(2);
    expect(await readAll(journal)).to.deep.equal([[3, 'c']]);
    await journal.forget(3);
    expect(journal.bytes).to.equal(0);
    expect(readdirSync(folder)).to.deep.equal(['done']);
    await journal.append(4, Buffer.from('d'));
    await journal.close();
    const next = await Journal.open(realFiles, folder);
    expect(await readAll(next.journal)).to.deep.equal([[4, 'd']]);
    await next.journal.close();
  });

  it('refuses a number that is not the next', async () => {
    const { journal } = await Journal.open(realFiles, folder);
    await journal.append(5, Buffer.from('a'));
    expect(() => journal.append(5, Buffer.from('b'))).to.throw(RangeError);
    await journal.close();
  });

  it('keeps what is whole of a torn end, and says what is torn', async () => {
    await fill(['first', 'second', 'third']);
    const file = onlyFile();
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, bytes.length - 3));
    const { journal, damage } = await Journal.open(realFiles, folder);
    expect(damage).to.deep.equal([{ file, offset: 51, bytes: 22 }]);
    expect(await readAll(journal)).to.deep.equal([
      [1, 'first'],
      [2, 'second'],
    ]);
    await journal.close();
  });

  it('takes the next number where a crash left nothing whole of it', async () => {
    await fill(['first', 'second']);
    const { journal: torn } = await Journal.open(realFiles, folder);
    await torn.append(3, Buffer.from('third'));
    await torn.close();
    const [, file = ''] = readdirSync(folder).filter((each) => each.endsWith('.journal'));
    writeFileSync(join(folder, file), readFileSync(join(folder, file)).subarray(0, 10));
    const { journal } = await Journal.open(realFiles, folder);
    await journal.append(3, Buffer.from('again'));
    expect((await readAll(journal)).at(-1)).to.deep.equal([3, 'again']);
    await journal.close();
  });

  it('finds no frame in a body that is made to look like one', async () => {
    const forged = encodeFrame(2, Buffer.from('forged'), 0);
    await fill([Buffer.concat([forged, forged])]);
    const file = onlyFile();
    writeFileSync(file, readFileSync(file).subarray(0, -1));
    const { journal } = await Journal.open(realFiles, folder);
    expect(await readAll(journal)).to.deep.equal([]);
    await journal.close();
  });

  it('keeps every whole frame around a damage anywhere', async () => {
    const bodies = ['one', 'two', 'three', 'four', 'five'];
    await fill(bodies);
    const file = onlyFile();
    const good = readFileSync(file);
    const frames = bodies.map((body, index) => ({ number: index + 1, body, length: 20 + body.length }));
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bad = Buffer.from(good);
        bad[at] = (bad[at] ?? 0) ^ flip;
        writeFileSync(file, bad);
        const { journal, damage } = await Journal.open(realFiles, folder);
        let start = 0;
        const whole = frames.filter(({ length }) => {
          const hit = at >= start && at < start + length;
          start += length;
          return !hit;
        });
        expect(await readAll(journal)).to.deep.equal(whole.map(({ number, body }) => [number, body]));
        expect(damage.reduce((sum, { bytes }) => sum + bytes, 0)).to.equal(
          frames.find(({ number }) => !whole.some((each) => each.number === number))?.length,
        );
        await journal.close();
      }),
      { numRuns: 60 },
    );
  });

  it('reads frames that are larger than a look', async () => {
    const large = Buffer.alloc(50_000, 'x').toString();
    await fill([large, 'small', large]);
    const { journal } = await Journal.open(realFiles, folder);
    expect((await readAll(journal)).map(([, body]) => body.length)).to.deep.equal([50_000, 5, 50_000]);
    await journal.close();
  });
});
