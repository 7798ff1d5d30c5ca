import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import sinon from 'sinon';
import { examineRedis } from '../../src/cli/doctor/redis.js';
import { Redacted, type RedisSettings } from '../../src/config/settings.js';
import type { Placement } from '../../src/core/model.js';
import type { ClosableDedupe } from '../../src/storage/dedupe/dedupe.js';
import { openDedupe } from '../../src/storage/dedupe/open.js';
import { realClock } from '../../src/util/clock.js';
import { type RedisOptions, TestRedis } from '../support/redis.js';
import { primaryName, RedisGroup } from '../support/redis-group.js';
import { pair } from '../support/tls.js';
import { describeWith } from '../support/tool.js';
import { type Complaint, event, placed } from '../unit/storage/dedupe/support.js';

describeWith(['redis-server'], 'dedupe of replicas with a real Redis', (program) => {
  const servers: TestRedis[] = [];
  const replicas: ClosableDedupe[] = [];
  let folder: string;
  let complaints: Complaint[];
  let published: Placement[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-replicas-'));
    complaints = [];
    published = [];
  });

  afterEach(async () => {
    await Promise.all(replicas.splice(0).map((replica) => replica.close()));
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    rmSync(folder, { recursive: true });
  });

  async function serve(options?: RedisOptions): Promise<TestRedis> {
    const server = await TestRedis.start(program, options);
    servers.push(server);
    return server;
  }

  async function replica(over: Partial<RedisSettings> & Pick<RedisSettings, 'addresses'>): Promise<ClosableDedupe> {
    const redis: RedisSettings = {
      name: 'redis',
      mode: 'single',
      database: 0,
      prefix: 'test:',
      onError: 'accept',
      ...over,
    };
    const settings = { window: 72 * 3_600_000, dir: join(folder, String(replicas.length)), redis };
    const opened = await openDedupe(settings, {
      shared: false,
      clock: realClock,
      log: (level, message, fields) => complaints.push({ level, message, fields }),
    });
    replicas.push(opened);
    return opened;
  }

  /** Publishes with each of them; how often it was published. */
  async function publishedBy(these: readonly ClosableDedupe[], ...ids: readonly string[]): Promise<number> {
    const before = published.length;
    const publish = async () => {
      await delay(5);
      const placement = placed(published.length);
      published.push(placement);
      return placement;
    };
    await Promise.all(ids.flatMap((id) => these.map((each) => each.once(event(id), publish))));
    return published.length - before;
  }

  async function until(holds: () => boolean): Promise<void> {
    const end = performance.now() + 15_000;
    while (!holds()) {
      if (performance.now() > end) throw new Error(`in vain: ${JSON.stringify(complaints)}`);
      await delay(10);
    }
  }

  const names = (count: number, prefix = 'e') => Array.from({ length: count }, (_, n) => `${prefix}${n}`);
  const usable = (these: readonly ClosableDedupe[]) => these.every((each) => each.shared()?.usable === true);

  it('publishes each event once, whichever replicas get it at once or later', async () => {
    const { socket: path } = await serve();
    const all = [await replica({ addresses: [{ path }] }), await replica({ addresses: [{ path }] })];
    expect(await publishedBy(all, ...names(300))).to.equal(300);
    expect(await publishedBy(all.toReversed(), ...names(300))).to.equal(0);
    expect(await publishedBy([await replica({ addresses: [{ path }] })], ...names(300))).to.equal(0);
  });

  it('leaves what has another prefix or database alone', async () => {
    const { socket: path } = await serve();
    await publishedBy([await replica({ addresses: [{ path }] })], 'a');
    expect(await publishedBy([await replica({ addresses: [{ path }], prefix: 'other:' })], 'a')).to.equal(1);
    expect(await publishedBy([await replica({ addresses: [{ path }], database: 2 })], 'a')).to.equal(1);
  });

  it('goes on while Redis is killed, and tells it what was published meanwhile', async () => {
    const server = await serve();
    const addresses = [{ path: server.socket }];
    const [one, other] = [await replica({ addresses }), await replica({ addresses })];
    await publishedBy([one], 'before');
    await server.kill();
    expect(await publishedBy([one], 'meanwhile')).to.equal(1);
    expect(one.shared()).to.include({ usable: false, degraded: 1 });
    await server.start();
    await until(() => usable([one]));
    expect(await publishedBy([one, other], 'meanwhile')).to.equal(0);
    // It has come back empty, so only the replica that has published it knows.
    expect(await publishedBy([one], 'before')).to.equal(0);
    expect(complaints.map(({ message }) => message)).to.include('the shared dedupe store cannot be used');
    expect(complaints.at(-1)?.message).to.equal('the shared dedupe store can be used');
  });

  it('waits for a Redis that does not answer half a second, once', async () => {
    const server = await serve();
    const one = await replica({ addresses: [{ path: server.socket }] });
    server.pause();
    const started = performance.now();
    expect(await publishedBy([one], ...names(50))).to.equal(50);
    expect(performance.now() - started).to.be.within(450, 2_000);
    const later = performance.now();
    for (const id of names(20, 'later')) await publishedBy([one], id);
    expect((performance.now() - later) / 20, 'ms for each').to.be.below(50);
    server.resume();
    await until(() => usable([one]));
    const other = await replica({ addresses: [{ path: server.socket }] });
    await until(() => one.shared()?.usable === true && complaints.length > 2);
    expect(await publishedBy([other], ...names(50), ...names(20, 'later'))).to.equal(0);
  });

  it('starts without a Redis, and finds it later', async () => {
    const server = await serve();
    await server.kill();
    const started = performance.now();
    const one = await replica({ addresses: [{ path: server.socket }] });
    expect(performance.now() - started).to.be.below(2_500);
    expect(await publishedBy([one], 'a')).to.equal(1);
    await server.start();
    await until(() => usable([one]));
    expect(await publishedBy([await replica({ addresses: [{ path: server.socket }] })], 'a')).to.equal(0);
  });

  describe('behind Sentinels', () => {
    let group: RedisGroup;

    beforeEach(async () => {
      group = await RedisGroup.start(program, 300);
    });
    afterEach(() => group.stop());

    const settings = () => {
      const addresses = group.urls.map((url) => ({ host: '127.0.0.1', port: Number(new URL(url).port) }));
      return { mode: 'sentinel', addresses, sentinel: { primary: primaryName } } as const;
    };
    const follower = () => replica(settings());

    it('follows them to the replica that is promoted', async () => {
      const all = [await follower(), await follower()];
      expect(await publishedBy(all, ...names(50))).to.equal(50);
      const primary = await group.findPrimary();
      await waitForAnswer(() => primary.ask('WAIT', '1', '1000'), ':1');
      await primary.kill();
      await publishedBy(all, 'meanwhile');
      await group.awaitAnother(primary);
      await until(() => usable(all));
      expect(await publishedBy([await follower()], ...names(50))).to.equal(0);
      expect(await publishedBy(all, ...names(50, 'after'))).to.equal(50);
    });

    it('leaves a primary that is none any more before it says so itself', async () => {
      const all = [await follower(), await follower()];
      expect(await publishedBy(all, ...names(50))).to.equal(50);
      const former = await group.findPrimary();
      await group.failOver();
      const primary = await group.awaitAnother(former);
      const started = performance.now();
      const connected = async () => (await primary.ask('CLIENT', 'LIST')).split('name=webhook-gateway').length;
      while ((await connected()) !== 3) await delay(20);
      expect(performance.now() - started, 'ms; the Sentinels tell it after ten seconds').to.be.below(5_000);
      await until(() => usable(all));
      expect(await publishedBy(all, ...names(50, 'after'))).to.equal(50);
      expect(await publishedBy([await follower()], ...names(50, 'after'))).to.equal(0);
    });

    it('is what gateway doctor looks at, by the address of the primary', async () => {
      const common = { name: 'redis', database: 0, prefix: 'test:', onError: 'accept' } as const;
      const found = await examineRedis({ ...common, ...settings() }, Date.now);
      const address = (await group.findPrimary()).url.replace('redis://', '');
      expect(found.map(({ id }) => id)).to.include.members([`redis ${address} version`, `redis ${address} memory`]);
    });

    it('is quiet about a Sentinel that is away', async () => {
      const written = sinon.spy(console, 'error');
      try {
        await group.killSentinel();
        expect(await publishedBy([await follower(), await follower()], ...names(20))).to.equal(20);
        expect(written.args).to.deep.equal([]);
      } finally {
        written.restore();
      }
    });
  });

  it('works with a Cluster, in the order in which the events came', async () => {
    const ports = await freePorts(3);
    const nodes = await Promise.all(
      ports.map((port) => serve({ port, args: ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'] })),
    );
    for (const [index, node] of nodes.entries()) {
      const [from, to] = [index * 5_461, index === 2 ? 16_383 : index * 5_461 + 5_460];
      await node.ask('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to));
      await node.ask('CLUSTER', 'MEET', '127.0.0.1', String(ports[0]));
    }
    for (const node of nodes) await waitForAnswer(() => node.ask('CLUSTER', 'INFO'), 'cluster_state:ok');
    const addresses = ports.map((port) => ({ host: '127.0.0.1', port }));
    const settings = { mode: 'cluster', addresses } as const;
    const all = [await replica(settings), await replica(settings)];
    await until(() => usable(all));
    expect(await publishedBy(all, ...names(300))).to.equal(300);
    const order: string[] = [];
    const ids = names(200, 'ordered');
    await Promise.all(
      ids.map((id, n) =>
        all[0]?.once(event(id), async () => {
          order.push(id);
          return placed(n);
        }),
      ),
    );
    expect(order).to.deep.equal(ids);
  });

  const faults: readonly [string, readonly string[], Partial<RedisSettings>, RegExp][] = [
    ['wants a password', ['--requirepass', 'right'], {}, /NOAUTH/],
    ['has another password', ['--requirepass', 'right'], { password: new Redacted('LEAK') }, /WRONGPASS/],
    ['is full', ['--maxmemory', '1', '--maxmemory-policy', 'noeviction'], {}, /OOM/],
    ['is a replica', ['--replicaof', '127.0.0.1', '1'], {}, /READONLY|MASTERDOWN/],
    ['lets the user write no keys', ['--user', 'default', 'on', 'nopass', '~*', '&*', '+@all', '-set'], {}, /NOPERM/],
  ];
  for (const [what, args, over, reason] of faults) {
    it(`says why where Redis ${what}`, async () => {
      const server = await serve({ args });
      const one = await replica({ addresses: [{ path: server.socket }], ...over });
      expect(await publishedBy([one], 'a')).to.equal(1);
      const said = complaints.find(({ level }) => level === 'error')?.fields.reason;
      expect(String(said)).to.match(reason);
      expect(JSON.stringify(complaints)).not.to.contain('LEAK');
    });
  }

  it('logs in as a user that may do no more than it has to', async () => {
    const rights = ['~test:*', '+set', '+get', '+del', '+evalsha', '+eval', '+info'];
    const server = await serve({ args: ['--user', 'gateway', 'on', '>right', ...rights] });
    const one = await replica({
      addresses: [{ path: server.socket }],
      user: 'gateway',
      password: new Redacted('right'),
    });
    expect(await publishedBy([one, one], 'a')).to.equal(1);
    expect(one.shared()).to.deep.include({ usable: true, degraded: 0 });
    expect(complaints.filter(({ level }) => level === 'error')).to.deep.equal([]);
  });

  it('works with TLS, and not with a certificate of somebody else', async () => {
    const { cert, key } = pair();
    const [port = 0] = await freePorts(1);
    const files = { cert: join(folder, 'redis.crt'), key: join(folder, 'redis.key') };
    writeFileSync(files.cert, cert);
    writeFileSync(files.key, key);
    const certificate = ['--tls-cert-file', files.cert, '--tls-key-file', files.key, '--tls-ca-cert-file', files.cert];
    await serve({ args: ['--tls-port', String(port), ...certificate, '--tls-auth-clients', 'no'] });
    const addresses = [{ host: 'localhost', port }];
    const one = await replica({ addresses, tls: { ca: cert, rejectUnauthorized: true } });
    expect(await publishedBy([one], 'a')).to.equal(1);
    expect(one.shared()).to.deep.include({ usable: true, degraded: 0 });
    const stranger = await replica({ addresses, tls: { ca: pair().cert, rejectUnauthorized: true } });
    expect(stranger.shared()).to.include({ usable: false });
    expect(String(complaints.at(-1)?.fields.reason)).to.match(/certificate/i);
  });

  it('is what gateway doctor looks at', async () => {
    const server = await serve({ args: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'] });
    const settings: RedisSettings = {
      name: server.url,
      mode: 'single',
      addresses: [{ path: server.socket }],
      database: 0,
      prefix: 'test:',
      onError: 'accept',
    };
    const hour = 3_600_000;
    const found = await examineRedis(settings, () => Date.now() + hour);
    const id = `redis ${server.url}`;
    expect(found.map(({ id, status }) => [id, status])).to.deep.equal([
      ...[
        [id, 'ok'],
        [`${id} version`, 'ok'],
        [`${id} memory`, 'fail'],
        [`${id} loss`, 'warn'],
        [`${id} clock`, 'warn'],
      ],
    ]);
    await server.kill();
    const [gone] = await examineRedis(settings, Date.now);
    expect(gone).to.include({ id, status: 'fail' });
    expect(gone?.message).to.match(/^it cannot be used \(connect (ENOENT|ECONNREFUSED)/);
  });
});

async function waitForAnswer(ask: () => Promise<string>, part: string): Promise<void> {
  const end = performance.now() + 15_000;
  for (let said = ''; !said.includes(part); await delay(20)) {
    if (performance.now() > end) throw new Error(`${part} in vain: ${said}`);
    said = await ask();
  }
}

/** On loopback, one of which is followed by another ten thousand higher: the bus of a Cluster has that. */
async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    if ((await isFree(port)) && (await isFree(port + 10_000))) ports.push(port);
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
