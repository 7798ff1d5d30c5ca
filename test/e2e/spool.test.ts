import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect } from 'chai';
import { createPublisher } from '../../src/publish/create.js';
import { realFiles } from '../../src/storage/disk/files.js';
import { Parked } from '../../src/storage/spool/parked.js';
import { realClock } from '../../src/util/clock.js';
import { journalOptions } from '../unit/storage/spool/journals.js';
import { Cli, type Ended, embeddedConfig, makeDirectory, plugins } from './cli.js';

const secret = 'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw';
const config = `version: 1
plugins: ${plugins}
kafka: { brokers: "127.0.0.1:1" }
spool: { dir: ../data/spool }
endpoints:
  - provider: stripe
    path: /webhooks/stripe
    secrets: [{ name: current, file: ../data/stripe.secret }]
`;

describe('the spool commands', () => {
  const directory = makeDirectory({
    'config/gateway.yaml': config,
    'config/embedded.yaml': embeddedConfig(),
    'data/stripe.secret': secret,
  });
  const dir = join(directory.path, 'data/spool');
  after(() => directory.remove());

  function run(...args: string[]): Promise<Ended> {
    return new Cli(directory.path, ['spool', ...args]).ended();
  }

  it('say that nothing waits', async () => {
    for (const [command, line] of [
      ['status', 'Nothing waits for Kafka.\n'],
      ['list', 'Nothing is parked.\n'],
      ['retry', 'Nothing is parked.\n'],
      ['recover', 'No file is damaged.\n'],
    ] as const) {
      expect(await run(command)).to.deep.equal({ code: 0, stdout: line, stderr: '' });
    }
  });

  it('show what waits and what is parked, and ask for another try', async () => {
    const settings = {
      ...({ kind: 'kafka', brokers: ['127.0.0.1:1'], clientId: 'test', idempotent: true } as const),
      topics: { create: 'missing', partitions: 1, replicationFactor: 1 } as const,
      spool: { dir, maxBytes: 1_000_000 },
    };
    const options = {
      topics: ['webhooks.stripe.charge'],
      deadLetterTopic: 'webhooks.dlq',
      largest: 1,
      log: () => undefined,
    };
    const publisher = await createPublisher(settings, options);
    const headers = { ce_id: 'evt_1', ce_type: 'charge.refunded' };
    const record = { topic: 'webhooks.stripe.charge', key: 'ch_1', headers, value: Buffer.from('{"card":4242}') };
    expect(await publisher.publish(record)).to.include({ spooled: true });
    await publisher.close();
    const parked = await Parked.open(journalOptions(realFiles, join(dir, '0/parked'), [], '0/parked'), realClock);
    await parked.add(record, 'MESSAGE_TOO_LARGE');
    await parked.close();

    const status = await run('status');
    expect(status.code).to.equal(0);
    expect(status.stdout).to.match(
      /^TOPIC +WORKER +RECORDS +SIZE +OLDEST\nwebhooks\.stripe\.charge +0 +1 +[\d.]+ KiB +\d+ s\n1 parked: see gateway spool list\n$/,
    );
    expect(JSON.parse((await run('status', '--json')).stdout)).to.deep.include({ folder: dir, parked: 1 });
    const list = await run('list');
    expect(list.stdout).to.match(/webhooks\.stripe\.charge +charge\.refunded +evt_1 +ch_1 +MESSAGE_TOO_LARGE\n$/);
    expect(list.stdout).not.to.include('4242');
    expect((await run('retry')).stdout).to.equal('1 parked: to be sent again. See gateway spool list\n');
    expect(await realFiles.text(join(dir, '0/parked/retry'))).to.equal('');
  });

  it('show files that are set aside, and ask for what is whole in them', async () => {
    const folder = join(dir, '0/topics/webhooks.stripe.charge');
    const [journal = ''] = (await realFiles.list(folder)).filter((name) => name.endsWith('.journal'));
    const kept = join(folder, `${journal}.damaged-2026-11-30T10-00-00.000Z-done0`);
    renameSync(join(folder, journal), kept);
    const status = await run('status');
    expect(status.stdout).to.match(
      /Nothing waits for Kafka\.\n1 parked.*\nDamaged: .*-done0 \(\d+ bytes\): see gateway spool/,
    );
    const recover = await run('recover');
    expect(recover.stdout).to.match(/^FILE +BYTES +RECORDS +UNREADABLE\n.*-done0 +\d+ +1 +0\n1 records: to be sent/);
    expect(await realFiles.text(join(dir, '0/recover'))).to.equal('');
    expect(existsSync(kept)).to.equal(true);
  });

  it('leave a spool of a newer version alone, as the gateway does, which ends with 3', async () => {
    const folder = join(dir, '0/topics/newer');
    const start = 'webhook-gateway journal 2 {} ';
    const line = `${start}${crc32(start).toString(16).padStart(8, '0')}\n`;
    mkdirSync(folder);
    writeFileSync(join(folder, 'x.journal'), line);
    const { code, stderr } = await new Cli(directory.path, ['start', 'config/gateway.yaml']).ended();
    expect(code).to.equal(3);
    expect(stderr).to.include('x.journal has version 2 of its format');
    expect(readFileSync(join(folder, 'x.journal'), 'utf8')).to.equal(line);
    expect((await run('status')).code).to.equal(3);
    rmSync(folder, { recursive: true });
  });

  it('say that there is none beside an embedded log', async () => {
    const { code, stderr } = await run('status', '--config', 'config/embedded.yaml');
    expect([code, stderr.includes('no spool')]).to.deep.equal([1, true]);
  });
});
