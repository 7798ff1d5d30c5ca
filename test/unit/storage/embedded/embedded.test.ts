import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { expect } from 'chai';
import { createPublisher } from '../../../../src/publish/create.js';
import { type ReadOptions, readEnds, readTopics, type StoredRecord } from '../../../../src/publish/read.js';
import { encodeFrame, longestBody, oldFraming } from '../../../../src/storage/disk/frame.js';
import { publishNow } from '../../../support/placed.js';
import { caught, makeRecord } from '../../kafka/records.js';

const writer = fileURLToPath(new URL('./embedded-writer.ts', import.meta.url));
const options = { topics: [], deadLetterTopic: 'webhooks.dlq', largest: 1, log: () => undefined };

function readAll(dir: string, ...topics: string[]): Promise<StoredRecord[]> {
  return collect(dir, { from: 'beginning', until: 'end' }, topics);
}

async function collect(dir: string, how: ReadOptions, topics = ['orders']): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  for await (const record of readTopics({ kind: 'embedded', dir }, topics, how)) records.push(record);
  return records;
}

/** Reads along from now on; `until` gives what has come when it is so many records. */
function follow(dir: string) {
  const abort = new AbortController();
  const how = { from: 'beginning', until: 'abort', signal: abort.signal } as const;
  const records = readTopics({ kind: 'embedded', dir }, ['orders'], how);
  const lines: string[] = [];
  return {
    async until(count: number): Promise<string[]> {
      while (lines.length < count) {
        const { value } = await records.next();
        if (value) lines.push(`${value.partition} ${value.offset} ${value.value}`);
      }
      return lines;
    },
  };
}

function onlyFile(dir: string): string {
  const folder = join(dir, '0/topics/orders');
  const [name = '', ...others] = readdirSync(folder);
  expect(others).to.deep.equal([]);
  return join(folder, name);
}

async function untilFiles(folder: string, count: number): Promise<void> {
  for (let waited = 0; readdirSync(folder).length > count && waited < 5_000; waited += 10)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(readdirSync(folder)).to.have.length(count);
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

  it('gives each process a partition, has everything acknowledged after kill -9, and the partition to the next process', async () => {
    const names = ['w0', 'w1', 'w2'];
    const children = names.map((name) =>
      spawn(process.execPath, ['--import', 'tsx', writer, dir, name], { stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    const acked = names.map((): string[] => []);
    const follower = follow(dir);
    children.forEach((child, index) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        acked[index]?.push(line);
        if (acked.every(({ length }) => length > 200)) for (const one of children) one.kill('SIGKILL');
      });
    });
    await Promise.all(children.map((child) => once(child, 'close')));
    const records = await readAll(dir, 'orders');
    const stored = new Set(records.map(({ partition, offset, value }) => `${partition} ${offset} ${value}`));
    expect(acked.flat().filter((line) => !stored.has(line))).to.deep.equal([]);
    const partitions = acked.map((lines) => new Set(lines.map((line) => line.split(' ')[0])));
    expect(partitions.map((each) => each.size)).to.deep.equal([1, 1, 1]);
    expect(partitions.flatMap((each) => [...each]).sort()).to.deep.equal(['0', '1', '2']);
    for (const partition of [0, 1, 2]) {
      const offsets = records.filter((each) => each.partition === partition).map(({ offset }) => Number(offset));
      expect(offsets).to.deep.equal([...offsets.keys()]);
    }
    const publisher = await createPublisher({ kind: 'embedded', dir }, options);
    const offset = BigInt(records.filter(({ partition }) => partition === 0).length);
    expect(await publisher.publish(makeRecord('k', 'next'))).to.include({ partition: 0, offset });
    await publisher.close();
    const followed = await follower.until(records.length + 1);
    expect(followed.sort()).to.deep.equal([...stored, `0 ${offset} next`].sort());
  }).timeout(30_000);

  it('goes on in a new file when one is full, and a reader with it, be it behind', async () => {
    const publisher = await createPublisher({ kind: 'embedded', dir }, options);
    const other = await createPublisher({ kind: 'embedded', dir }, options);
    const follower = follow(dir);
    const large = (n: number) => makeRecord('k', Buffer.concat([Buffer.from(`${n} `), Buffer.alloc(3_000_000, 'x')]));
    for (let n = 0; n < 14; n++) await publisher.publish(large(n));
    expect(await other.publish(makeRecord('k', 'other'))).to.include({ partition: 1, offset: 0n });
    expect(readdirSync(join(dir, '0/topics/orders'))).to.have.length(3);
    const numbers = (records: readonly StoredRecord[]) => {
      const inOrder = [...records].sort((a, b) => a.partition - b.partition);
      return inOrder.map(({ value }) => Number.parseInt(String(value), 10));
    };
    expect(numbers(await readAll(dir, 'orders'))).to.deep.equal([...Array(14).keys(), Number.NaN]);
    expect(await follower.until(15)).to.have.length(15);
    const at = (offset: bigint, partition = 0) => new Map([['orders', new Map([[partition, offset]])]]);
    const part = await collect(dir, { from: at(8n), until: at(11n) });
    expect(numbers(part)).to.deep.equal([8, 9, 10]);
    expect(numbers(await collect(dir, { from: at(12n), until: 'end' }))).to.deep.equal([12, 13, Number.NaN]);
    expect(numbers(await collect(dir, { from: { last: 2 }, until: 'end' }))).to.deep.equal([12, 13, Number.NaN]);
    expect(await collect(dir, { from: { since: Date.now() + 60_000 }, until: 'end' })).to.deep.equal([]);
    expect(await readEnds({ kind: 'embedded', dir }, ['orders', 'unknown'])).to.deep.equal(
      new Map([['orders', new Map([[0, 14n]]).set(1, 1n)]]),
    );
    await Promise.all([publisher.close(), other.close()]);
  }).timeout(20_000);

  it('passes over what is damaged, says so, cuts nothing, and gives no offset twice', async () => {
    const warnings: unknown[] = [];
    const log = (level: string, message: string, { bytes }: { readonly [name: string]: unknown }) =>
      void warnings.push([level, message, bytes]);
    const publisher = await createPublisher({ kind: 'embedded', dir }, options);
    for (const n of [0, 1, 2]) await publisher.publish(makeRecord('k', n));
    await publisher.close();
    const file = onlyFile(dir);
    const bytes = readFileSync(file);
    const head = bytes.indexOf(10) + 1;
    const size = (bytes.length - head) / 3;
    // The second is damaged, the third torn.
    bytes.writeUInt8(0xff, head + size + 30);
    const bad = bytes.subarray(0, -1);
    writeFileSync(file, bad);
    const again = await createPublisher({ kind: 'embedded', dir }, { ...options, log });
    const placed = await publishNow(again, makeRecord('k', 3));
    expect(Number(placed.offset)).to.be.at.least(3);
    await again.close();
    expect(warnings).to.deep.equal([
      ['error', 'a part of a file is damaged; what is whole around it is used', 2 * size - 1],
    ]);
    expect(readFileSync(file).equals(bad)).to.equal(true);
    expect((await readAll(dir, 'orders')).map(({ value }) => `${value}`)).to.deep.equal(['0', '3']);
    const next = await createPublisher({ kind: 'embedded', dir }, options);
    expect(await next.publish(makeRecord('k', 4))).to.include({ offset: placed.offset + 1n });
    await next.close();
  });

  it('goes on after what a crash has torn with the same offset, in a new file, and readers take it for no damage', async () => {
    const publisher = await createPublisher({ kind: 'embedded', dir }, options);
    for (const n of [0, 1]) await publisher.publish(makeRecord('k', n));
    await publisher.close();
    const file = onlyFile(dir);
    writeFileSync(file, readFileSync(file).subarray(0, -3));
    const again = await createPublisher({ kind: 'embedded', dir }, options);
    expect(await again.publish(makeRecord('k', 2))).to.include({ offset: 1n });
    await again.close();
    const warnings: unknown[] = [];
    const log = (...args: unknown[]) => void warnings.push(args);
    const records = await collect(dir, { from: 'beginning', until: 'end', log });
    expect(records.map(({ value }) => `${value}`)).to.deep.equal(['0', '2']);
    expect(warnings).to.deep.equal([]);
  });

  it('reads and continues what was written before files had a first line', async () => {
    const folder = join(dir, '0/topics/orders');
    mkdirSync(folder, { recursive: true });
    const name = '0000000000000000-0badcafe.log';
    const frames = ['a', 'b'].map((value, index) => {
      const facts = Buffer.from(JSON.stringify({ key: 'k', headers: {}, timestamp: 1 }));
      const length = Buffer.alloc(4);
      length.writeUInt32BE(facts.length);
      return encodeFrame(index, Buffer.concat([length, facts, Buffer.from(value)]), oldFraming(name));
    });
    writeFileSync(join(folder, name), Buffer.concat(frames));
    const publisher = await createPublisher({ kind: 'embedded', dir }, options);
    expect(await publisher.publish(makeRecord('k', 'c'))).to.include({ offset: 2n });
    await publisher.close();
    expect((await readAll(dir, 'orders')).map(({ value }) => `${value}`)).to.deep.equal(['a', 'b', 'c']);
    expect(readFileSync(join(folder, name)).equals(Buffer.concat(frames))).to.equal(true);
  });

  it('sets aside what is not a file of the log, and cuts none', async () => {
    const folder = join(dir, '0/topics/orders');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, '0000000000000000-0badcafe.log'), 'x'.repeat(17_995));
    const publisher = await createPublisher({ kind: 'embedded', dir }, options);
    await publisher.publish(makeRecord('k', 1));
    await publisher.close();
    const [kept = ''] = readdirSync(folder).filter((each) => each.includes('.damaged-'));
    expect(readFileSync(join(folder, kept), 'utf8')).to.equal('x'.repeat(17_995));
    expect((await readAll(dir, 'orders')).map(({ value }) => `${value}`)).to.deep.equal(['1']);
  });

  it('does not start, and changes nothing, where a newer version has written', async () => {
    const folder = join(dir, '0/topics/orders');
    mkdirSync(folder, { recursive: true });
    const start = 'webhook-gateway log 2 {} ';
    const line = `${start}${crc32(start).toString(16).padStart(8, '0')}\n`;
    writeFileSync(join(folder, '0000000000000000-0badcafe.log'), line);
    expect(await caught(createPublisher({ kind: 'embedded', dir }, options))).to.include({ name: 'NewerFormatError' });
    expect(readFileSync(onlyFile(dir), 'utf8')).to.equal(line);
  });

  it('rejects what a reader would take for damage, alone', async () => {
    const publisher = await createPublisher({ kind: 'embedded', dir }, options);
    const [small, large] = await Promise.allSettled([
      publisher.publish(makeRecord('k', 'small')),
      publisher.publish(makeRecord('k', Buffer.alloc(longestBody))),
    ]);
    expect(small.status).to.equal('fulfilled');
    expect(large).to.have.nested.include({ 'reason.kind': 'refused', 'reason.reason': 'RECORD_TOO_LARGE' });
    await publisher.close();
  });

  it('has what it acknowledged when its folder is deleted under it', async () => {
    const publisher = await createPublisher({ kind: 'embedded', dir }, options);
    await publisher.publish(makeRecord('k', 0));
    rmSync(join(dir, '0'), { recursive: true });
    const placed = await publisher.publish(makeRecord('k', 1));
    await publisher.close();
    expect(placed).to.include({ offset: 1n });
    expect((await readAll(dir, 'orders')).map(({ value }) => `${value}`)).to.deep.equal(['1']);
  });

  it('deletes whole files when there is more than its retention says, says which, and readers go on', async () => {
    const said: (readonly [string, unknown])[] = [];
    const log = (_level: string, message: string, fields: { readonly [name: string]: unknown }) =>
      void said.push([message, fields.reason]);
    const hour = 3_600_000;
    const retention = { time: hour, bytes: 25_000_000 };
    const publisher = await createPublisher({ kind: 'embedded', dir, retention }, { ...options, log });
    const folder = join(dir, '0/topics/orders');
    const how = { from: 'beginning', until: 'abort' } as const;
    const reader = readTopics({ kind: 'embedded', dir }, ['orders'], how);
    await publisher.publish(makeRecord('k', Buffer.alloc(3_000_000, 'x')));
    const seen = [Number((await reader.next()).value?.offset)];
    for (let n = 1; n < 20; n++) await publisher.publish(makeRecord('k', Buffer.alloc(3_000_000, 'x')));
    // What it has not read is deleted meanwhile.
    while (seen.at(-1) !== 19) seen.push(Number((await reader.next()).value?.offset));
    expect(seen).to.deep.equal([...seen].sort((a, b) => a - b));
    await untilFiles(folder, 2);
    await publisher.close();
    const offsets = (await readAll(dir, 'orders')).map(({ offset }) => Number(offset));
    expect(offsets[0]).to.be.greaterThan(0);
    expect(offsets).to.deep.equal(offsets.map((_, index) => (offsets[0] ?? 0) + index));
    expect(offsets.at(-1)).to.equal(19);
    expect(new Set(said.map(([message, reason]) => `${message}: ${reason}`))).to.deep.equal(
      new Set(['a file of the embedded log was deleted, as its retention says: bytes']),
    );
    const later = await createPublisher(
      { kind: 'embedded', dir, retention: { time: 1, bytes: 1e12 } },
      { ...options, log },
    );
    await untilFiles(folder, 1);
    expect(await later.publish(makeRecord('k', 'next'))).to.include({ offset: 20n });
    await later.close();
    expect(said.at(-1)?.[1]).to.equal('time');
  }).timeout(20_000);

  it('shows no half-written record, and takes it for no damage', async () => {
    const publisher = await createPublisher({ kind: 'embedded', dir }, options);
    for (const n of [0, 1]) await publisher.publish(makeRecord('k', n));
    await publisher.close();
    const file = onlyFile(dir);
    const bytes = readFileSync(file);
    const warnings: unknown[] = [];
    const head = bytes.indexOf(10) + 1;
    for (let length = head + (bytes.length - head) / 2; length < bytes.length; length++) {
      writeFileSync(file, bytes.subarray(0, length));
      const log = (...args: unknown[]) => void warnings.push(args);
      expect(await collect(dir, { from: 'beginning', until: 'end', log })).to.have.length(1);
    }
    const follower = follow(dir);
    await follower.until(1);
    writeFileSync(file, bytes);
    expect(await follower.until(2)).to.deep.equal(['0 0 0', '0 1 1']);
    expect(warnings).to.deep.equal([]);
  });

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
    expect(reasons[0]).to.be.oneOf(['unavailable EFBIG']);
    const acked = lines.filter((line) => /^\d/.test(line));
    expect(acked.length).to.be.greaterThan(100);
    const publisher = await createPublisher({ kind: 'embedded', dir }, options);
    await publisher.publish(makeRecord('k', 'room again'));
    await publisher.close();
    const records = await readAll(dir, 'orders');
    const stored = records.map(({ partition, offset, value }) => `${partition} ${offset} ${value}`);
    expect(stored.slice(0, -1).sort(), 'and nothing that it rejected').to.deep.equal(acked.sort());
  }).timeout(20_000);
});
