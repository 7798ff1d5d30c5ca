import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { createPublisher } from '../../../src/publish/create.js';
import { readTopics, type StoredRecord } from '../../../src/publish/read.js';
import { publishNow } from '../../support/placed.js';
import { caught, makeRecord } from './records.js';

const writer = fileURLToPath(new URL('./embedded-writer.ts', import.meta.url));
const options = { topics: [], deadLetterTopic: 'webhooks.dlq', largest: 1, log: () => undefined };

async function readAll(dir: string, ...topics: string[]): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  for await (const record of readTopics({ kind: 'embedded', dir }, topics, { from: 'beginning', until: 'end' })) {
    records.push(record);
  }
  return records;
}

describe('embedded log', () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'gateway-log-'));
  });

  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('keeps key, headers and value byte for byte, and counts per topic', async () => {
    const publisher = await createPublisher({ kind: 'embedded', dir: join(dir, 'made/if/missing') }, options);
    const value = Buffer.from([0, 255, 0xef, 0xbb, 0xbf, 13, 10, 0]);
    const headers = { ce_id: 'evt_1', 'content-type': 'application/json', ce_subject: 'zürich "☃" \n' };
    const placements = [
      await publisher.publish({ topic: 'a', key: 'k\u0000é', headers, value }),
      await publisher.publish(makeRecord('x', Buffer.alloc(3_000_000, 7), 'b')),
      await publisher.publish(makeRecord('x', '', 'a')),
    ];
    expect(placements).to.deep.equal([
      { topic: 'a', partition: 0, offset: 0n },
      { topic: 'b', partition: 0, offset: 0n },
      { topic: 'a', partition: 0, offset: 1n },
    ]);
    const [first, second] = await readAll(join(dir, 'made/if/missing'), 'a');
    expect(first).to.deep.include({ topic: 'a', partition: 0, offset: 0n, key: 'k\u0000é', headers, value });
    expect(first?.timestamp).to.be.closeTo(Date.now(), 5000);
    expect(second?.value).to.have.length(0);
    expect((await readAll(join(dir, 'made/if/missing'), 'b'))[0]?.value.equals(Buffer.alloc(3_000_000, 7))).to.equal(
      true,
    );
    await publisher.close();
  });

  it('counts on after a restart, in the order of publishing', async () => {
    for (const run of [0, 1]) {
      const publisher = await createPublisher({ kind: 'embedded', dir }, options);
      const numbers = Array.from({ length: 300 }, (_, n) => run * 300 + n);
      const placements = await Promise.all(numbers.map((n) => publishNow(publisher, makeRecord('k', n))));
      expect(placements.map(({ offset }) => Number(offset))).to.deep.equal(numbers);
      await publisher.close();
    }
    expect((await readAll(dir, 'orders')).map(({ value }) => Number(value))).to.deep.equal([...Array(600).keys()]);
  });

  it('is followed while it is written, from the end, until an abort', async () => {
    const publisher = await createPublisher({ kind: 'embedded', dir }, options);
    await publisher.publish(makeRecord('k', 'before'));
    const abort = new AbortController();
    const follow = readTopics({ kind: 'embedded', dir }, ['orders'], {
      from: 'end',
      until: 'abort',
      signal: abort.signal,
    });
    const first = follow.next();
    // When the reader looks for the end for the first time is its own affair.
    const ticker = setInterval(() => void publisher.publish(makeRecord('k', 'after')), 5);
    expect(String((await first).value?.value)).to.equal('after');
    clearInterval(ticker);
    abort.abort();
    for (let next = await follow.next(); !next.done; ) next = await follow.next();
    await publisher.close();
  });

  it('takes nothing after close', async () => {
    const publisher = await createPublisher({ kind: 'embedded', dir }, options);
    expect(publisher.ready()).to.equal(true);
    const last = publisher.publish(makeRecord('k', 1));
    await publisher.close();
    expect(await last).to.include({ offset: 0n });
    expect(publisher.ready()).to.equal(false);
    expect(await caught(publisher.publish(makeRecord('k', 2)))).to.include({ kind: 'unavailable', reason: 'CLOSED' });
  });

  it('says so when the folder cannot be used', async () => {
    const file = join(dir, 'a-file');
    await writeFile(file, '');
    expect(await caught(createPublisher({ kind: 'embedded', dir: file }, options))).to.be.instanceOf(Error);
  });

  it('has everything acknowledged after kill -9, read by another process while it is written', async () => {
    const children = [0, 1].map((n) =>
      spawn(process.execPath, ['--import', 'tsx', writer, dir, `w${n}`], { stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    const acked: string[] = [];
    for (const child of children) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        acked.push(line);
        if (acked.length === 400) for (const one of children) one.kill('SIGKILL');
      });
    }
    await Promise.all(children.map((child) => once(child, 'close')));
    const records = await readAll(dir, 'orders');
    const stored = new Set(records.map(({ offset, value }) => `${offset} ${value}`));
    expect(acked.length).to.be.at.least(400);
    expect(acked.filter((line) => !stored.has(line))).to.deep.equal([]);
    expect(records.map(({ offset }) => Number(offset))).to.deep.equal([...records.keys()]);
  }).timeout(20_000);

  it('is unavailable when the disk takes no more, has what it acknowledged, and goes on when there is room', async () => {
    const limited = [
      '-c',
      'ulimit -f 512 && exec "$@"',
      'sh',
      process.execPath,
      '--import',
      'tsx',
      writer,
      dir,
      'full',
    ];
    const child = spawn('sh', limited, { stdio: ['ignore', 'pipe', 'ignore'] });
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    const [code] = await once(child, 'close');
    expect(code).to.equal(0);
    const reasons = lines.filter((line) => line.startsWith('unavailable'));
    expect(reasons[0]).to.be.oneOf(['unavailable EIO', 'unavailable EFBIG']);
    const acked = lines.filter((line) => /^\d/.test(line));
    const publisher = await createPublisher({ kind: 'embedded', dir }, options);
    await publisher.publish(makeRecord('k', 'room again'));
    await publisher.close();
    const stored = new Set((await readAll(dir, 'orders')).map(({ offset, value }) => `${offset} ${value}`));
    expect(acked.filter((line) => !stored.has(line))).to.deep.equal([]);
  }).timeout(20_000);
});
