import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { runClosedLoop } from '../support/closed-loop.js';
import { RawConnection } from '../support/raw-http.js';
import { Cli, makeDirectory } from './cli.js';
import { configOf, type Started, start, untilGone, untilReady } from './running.js';
import { postStripe, readIds, secret, stripeRequest } from './stripe.js';

/** Process ids of the workers by slot, the latest of each. */
function workersOf(stderr: string): ReadonlyMap<number, number> {
  const lines = stderr.split('\n').filter((line) => line.includes('"listening"'));
  return new Map(lines.map((line) => JSON.parse(line)).map(({ worker, pid }) => [worker, pid]));
}

function idsInLog({ directory }: Started): Promise<readonly string[]> {
  return readIds(join(directory.path, 'data/log'));
}

for (const workers of [1, 2]) {
  describe(`a gateway with ${workers} of its processes`, () => {
    let gateway: Started;

    async function begin(config: string): Promise<void> {
      gateway = await start(config);
      await untilReady(gateway.adminUrl, ({ status }) => status === 'ready');
    }

    async function end(): Promise<void> {
      gateway.cli.kill('SIGKILL');
      for (const pid of workersOf(gateway.cli.stderr).values()) await untilGone(pid);
      gateway.directory.remove();
    }

    beforeEach(() => begin(configOf(workers)));
    afterEach(end);

    it('answers 200 only for what is safe when SIGTERM comes in the middle of a load, and ends with 0', async () => {
      let sent = 0;
      const makeRequest = () => {
        const { head, body } = stripeRequest(`evt_${sent++}`);
        return head + body;
      };
      const load = runClosedLoop(gateway.url, { connections: 20, duration: 2_000, makeRequest });
      while (sent < 100) await new Promise(setImmediate);
      gateway.cli.kill('SIGTERM');
      expect((await gateway.cli.ended()).code).to.equal(0);
      const { answers, failed } = await load;
      expect(Object.keys(answers)).to.deep.equal(['200']);
      expect(failed).to.equal(0);
      expect(answers['200']).to.be.greaterThan(50);
      const ids = await idsInLog(gateway);
      expect(new Set(ids))
        .to.have.property('size')
        .that.is.at.least(answers['200'] ?? 0);
      expect(gateway.cli.stderr).not.to.include('"level":"error"');
    });

    it('finishes the request that is under way', async () => {
      const connection = new RawConnection(gateway.url);
      const { head, body } = stripeRequest('evt_slow');
      connection.write(head + body.slice(0, 9));
      await postStripe(gateway.url, 'evt_before');
      gateway.cli.kill('SIGTERM');
      await gateway.cli.logs(/"draining"/);
      connection.write(body.slice(9));
      expect((await connection.answer()).status).to.equal(200);
      expect((await gateway.cli.ended()).code).to.equal(0);
      expect(await idsInLog(gateway)).to.include('evt_slow');
    });

    it('says on /ready that it stops, and takes requests until the load balancer has had the time to notice', async () => {
      await end();
      await begin(configOf(workers).replace('shutdownDelay: 0s', 'shutdownDelay: 1s'));
      const kept = new RawConnection(gateway.url);
      const { head, body } = stripeRequest('evt_kept');
      kept.write(stripeRequest('evt_before').head + stripeRequest('evt_before').body);
      await kept.until(/evt_before/);
      gateway.cli.kill('SIGTERM');
      await untilReady(gateway.adminUrl, ({ reason }) => reason === 'stopping');
      expect(await postStripe(gateway.url, 'evt_new')).to.equal(200);
      kept.write(head + body);
      expect(await kept.closed()).to.match(/evt_before[\s\S]*\r\nConnection: close\r\n[\s\S]*evt_kept/);
      expect((await gateway.cli.ended()).code).to.equal(0);
      expect(await idsInLog(gateway)).to.have.members(['evt_before', 'evt_new', 'evt_kept']);
    });

    it('answers on the admin port until the end', async () => {
      const connection = new RawConnection(gateway.url);
      const { head, body } = stripeRequest('evt_slow');
      connection.write(head + body.slice(0, 9));
      await postStripe(gateway.url, 'evt_before');
      gateway.cli.kill('SIGTERM');
      await gateway.cli.logs(/"draining"/);
      for (let n = 0; n < 20; n++) {
        expect(await (await fetch(`${gateway.adminUrl}/ready`)).text()).to.include('"reason":"stopping"');
      }
      connection.write(body.slice(9));
      expect((await connection.answer()).status).to.equal(200);
      expect((await gateway.cli.ended()).code).to.equal(0);
    });

    it('ends at once on a second signal', async () => {
      const connection = new RawConnection(gateway.url);
      connection.write(stripeRequest('evt_slow').head);
      await postStripe(gateway.url, 'evt_before');
      gateway.cli.kill('SIGTERM');
      await gateway.cli.logs(/"draining"/);
      // Within half a second it counts as the same.
      await new Promise((resolve) => setTimeout(resolve, 600));
      gateway.cli.kill('SIGTERM');
      expect((await gateway.cli.ended()).code).to.equal(130);
      expect(await idsInLog(gateway)).to.deep.equal(['evt_before']);
    });
  });
}

describe('workers', () => {
  let gateway: Started;

  beforeEach(async () => {
    gateway = await start(configOf(2));
    await untilReady(gateway.adminUrl, ({ workers }) => workers?.ready === 2);
  });
  afterEach(async () => {
    gateway.cli.kill('SIGTERM');
    await gateway.cli.ended();
    for (const pid of workersOf(gateway.cli.stderr).values()) await untilGone(pid);
    gateway.directory.remove();
  });

  it('share one port; one that is killed is replaced in its place, and the other serves on', async () => {
    const before = workersOf(gateway.cli.stderr);
    expect([...before.keys()].sort()).to.deep.equal([0, 1]);
    process.kill(before.get(0) ?? 0, 'SIGKILL');
    await gateway.cli.logs(/"worker ended, replacing it"/);
    for (let n = 0; n < 10; n++) expect(await postStripe(gateway.url, `evt_${n}`)).to.equal(200);
    await untilReady(gateway.adminUrl, ({ workers }) => workers?.ready === 2);
    const after = workersOf(gateway.cli.stderr);
    expect(after.get(1)).to.equal(before.get(1));
    expect(after.get(0)).not.to.equal(before.get(0));
    expect(await idsInLog(gateway)).to.have.length(10);
  });

  it('that hangs is killed and replaced, and the other serves on', async function () {
    this.timeout(60_000);
    const before = workersOf(gateway.cli.stderr);
    process.kill(before.get(0) ?? 0, 'SIGSTOP');
    await gateway.cli.logs(/"worker":0,"workerPid":\d+,"silence":10000,"msg":"worker hangs, killing it"/);
    await gateway.cli.logs(/"signal":"SIGKILL".*"worker ended, replacing it"/);
    await untilReady(gateway.adminUrl, ({ workers }) => workers?.ready === 2);
    expect(await postStripe(gateway.url, 'evt_after')).to.equal(200);
    const after = workersOf(gateway.cli.stderr);
    expect(after.get(1)).to.equal(before.get(1));
    expect(after.get(0)).not.to.equal(before.get(0));
  });

  it('come back on the same port after all were killed', async () => {
    for (const pid of workersOf(gateway.cli.stderr).values()) process.kill(pid, 'SIGKILL');
    await untilReady(gateway.adminUrl, ({ workers }) => workers?.ready === 0);
    await untilReady(gateway.adminUrl, ({ workers }) => workers?.ready === 2);
    expect(await postStripe(gateway.url, 'evt_1')).to.equal(200);
  });

  it('end by themselves, in good order, when their primary is killed', async () => {
    const pids = [...workersOf(gateway.cli.stderr).values()];
    const connection = new RawConnection(gateway.url);
    const { head, body } = stripeRequest('evt_orphan');
    connection.write(head + body.slice(0, 9));
    await postStripe(gateway.url, 'evt_before');
    gateway.cli.kill('SIGKILL');
    await gateway.cli.logs(/"draining"/);
    connection.write(body.slice(9));
    expect((await connection.answer()).status).to.equal(200);
    for (const pid of pids) await untilGone(pid);
    expect(await idsInLog(gateway)).to.include('evt_orphan');
  });

  it('take a log level from the admin server', async () => {
    const body = JSON.stringify({ level: 'debug' });
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(`${gateway.adminUrl}/log`, { method: 'PUT', body, headers })).status).to.equal(200);
    await postStripe(gateway.url, 'evt_1');
    await gateway.cli.logs(/"event published"/);
  });
});

describe('workers that cannot start', () => {
  it('end the gateway with one error', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const directory = makeDirectory({
      'config/gateway.yaml': configOf(2, `127.0.0.1:${port}`),
      'data/stripe.secret': secret,
    });
    const { code, stdout, stderr } = await new Cli(directory.path, ['start', '--json']).ended();
    expect(code).to.equal(1);
    expect(JSON.parse(stdout).error.message).to.equal(
      `Can't listen on 127.0.0.1:${port}: another program listens there already`,
    );
    expect(stderr.split('\n').filter((line) => line.includes('"level":"error"'))).to.deep.equal([]);
    other.close();
    directory.remove();
  });
});
