import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Cli, type Ended, makeDirectory } from './cli.js';
import { configOf, type Started, start } from './running.js';
import { postStripe, stripeRequest } from './stripe.js';

interface Report {
  readonly verdict: string;
  readonly found: readonly { readonly state: string; readonly source: string; readonly place?: string }[];
  readonly searched: readonly { readonly source: string; readonly span: string; readonly cuts: readonly string[] }[];
  readonly next: readonly string[];
}

for (const workers of [1, 2]) {
  describe(`finding things, in a gateway of ${workers === 1 ? 'one process' : 'two workers'}`, () => {
    const config = configOf(workers).replace('embedded:', 'dedupe: { window: 72h, dir: ../data/dedupe }\nembedded:');
    let started: Started;

    before(async () => {
      started = await start(config);
      for (const id of ['evt_1', 'evt_2', 'evt_3']) expect(await postStripe(started.url, id)).to.equal(200);
      const forged = await fetch(`${started.url}/webhooks/stripe`, {
        method: 'POST',
        body: stripeRequest('evt_forged').body,
        headers: { 'content-type': 'application/json', 'stripe-signature': 't=1,v1=00' },
      });
      expect(forged.status).to.equal(401);
      for (let count = 0; count < 3; count++)
        await fetch(`${started.url}/webhook/stripe`, { method: 'POST', body: '{}' });
    });
    after(async () => {
      started.cli.kill('SIGTERM');
      await started.cli.ended();
      started.directory.remove();
    });

    function run(...args: string[]): Promise<Ended> {
      return new Cli(started.directory.path, args).ended();
    }

    async function find(...args: string[]): Promise<Report & { code: number | null }> {
      const { code, stdout } = await run('find', '--json', ...args);
      return { ...JSON.parse(stdout), code };
    }

    it('knows at once what the running gateway has seen, and says what to type next', async () => {
      const found = await find('evt_1', '--url', started.adminUrl);
      expect(found).to.include({ verdict: 'YES', code: 0 });
      expect(found.searched.map(({ source }) => source)).to.deep.equal(['gateway', 'index']);
      expect(found.found[0]).to.include({ state: 'accepted', source: 'gateway', type: 'charge.refunded' });
      expect(found.found[0]?.place).to.match(/^webhooks\.stripe\.charge\/[01]@\d$/);
      expect(found.next[0]).to.equal('gateway explain evt_1');
      const text = await run('find', 'evt_1', '--url', started.adminUrl);
      expect(text.stdout)
        .to.match(/^YES {2}evt_1: /)
        .and.to.match(/^Next: {2}gateway explain evt_1$/m);
    });

    it('finds what nobody has proven, and leads to its dead letter', async () => {
      const found = await find('evt_forged', '--url', started.adminUrl);
      expect(found).to.include({ verdict: 'YES', code: 0 });
      expect(found.found[0]).to.include({ state: 'unproven', source: 'dead letters' });
      expect(found.next[0]).to.match(/^gateway dlq show [\da-f-]{36}$/);
    });

    it('says NO only where it has looked at everything', async () => {
      const no = await find('evt_9', '--url', started.adminUrl);
      expect(no).to.include({ verdict: 'NO', code: 1 });
      expect(no.searched.map(({ source }) => source)).to.deep.equal(['gateway', 'index', 'dead letters', 'topics']);
      const cut = await find('evt_9', '--limit', '1', '--url', started.adminUrl);
      expect(cut).to.include({ verdict: 'UNKNOWN', code: 5 });
      expect(cut.searched.at(-1)?.cuts.join()).to.match(
        /cut at the newest 1 of [23] in partition [01] of webhooks\.stripe\.charge/,
      );
      expect(cut.next[0]).to.match(/^gateway find evt_9 --limit [23]$/);
    });

    it('finds it without a gateway, too', async () => {
      const found = await find('evt_2', '--url', 'http://127.0.0.1:9');
      expect(found).to.include({ verdict: 'YES', code: 0 });
      expect(found.found).to.have.length(1);
      expect(found.found[0]).to.include({ state: 'published', source: 'topics' });
      expect(found.searched[0]?.span).to.include('No gateway answers at http://127.0.0.1:9');
    });

    it('explain says where it was cut, and that this is no NO', async () => {
      const [whole, cut] = await Promise.all([run('explain', 'evt_9'), run('explain', 'evt_9', '--limit', '1')]);
      expect(whole).to.include({ code: 1, stdout: '' });
      expect(whole.stderr).not.to.include('cut');
      expect(cut).to.include({ code: 5, stdout: '' });
      expect(cut.stderr).to.match(/not all was searched \(see --limit [23]\):\n {2}cut at the newest 1 of /);
    });

    it('tap ends where records end unless it is to follow, and merges by time', async () => {
      const [pipe, more, none] = await Promise.all([
        run('tap', '--from-beginning', '--type', 'charge.*'),
        run('tap', '--since', '1h', '--max', '12', '--id', 'evt_2', '--json'),
        run('tap', '--until', '1h'),
      ]);
      expect(pipe).to.include({ code: 0, stderr: '' });
      const times = pipe.stdout
        .trim()
        .split('\n')
        .map((line) => line.slice(0, 24));
      expect(times)
        .to.have.length(3)
        .and.to.deep.equal([...times].sort());
      expect(more.code).to.equal(0);
      expect(JSON.parse(more.stdout).headers).to.include({ ce_id: 'evt_2' });
      expect(none).to.deep.equal({ code: 0, stdout: '', stderr: '' });
      const full = await run('tap', '--no-follow', '--where', 'id = "evt_3"', '--full');
      expect(full.stdout)
        .to.match(/^ {2}ce_id +evt_3$/m)
        .and.to.match(/^ {4}"id": "evt_3",?$/m);
    });

    it('status has rates, the last event and unknown paths; top has them in a row', async () => {
      const status = await run('status', '--url', started.adminUrl);
      expect(status.stdout).to.match(
        /^UNKNOWN PATH: 3 requests to \/webhook\/stripe, .*: did you mean \/webhooks\/stripe\?$/m,
      );
      expect(status.stdout).to.match(/^stripe +\/webhooks\/stripe +\d\S* \/ \d\S* +\d+ s ago +/m);
      const top = await run('top', '--once', '--url', started.adminUrl);
      expect(top.code).to.equal(0);
      expect(top.stdout).to.match(/^ready {2}version .* workers {2}configuration [\da-f]{16}/);
      expect(top.stdout).to.match(/^stripe +0 .* ms +\d\S* ms +\d+ s ago .*accepted 3, unproven 1$/m);
      expect(JSON.parse((await run('top', '--json', '--url', started.adminUrl)).stdout)).to.have.property('activity');
    });
  });
}

describe('what was in effect', () => {
  let started: Started;
  before(async () => {
    started = await start(configOf(1));
  });
  after(async () => {
    started.cli.kill('SIGTERM');
    await started.cli.ended();
    started.directory.remove();
  });

  const run = (...args: string[]) => new Cli(started.directory.path, args).ended();

  it('is kept at each reload, without secrets, and held against what is to come', async () => {
    const file = join(started.directory.path, 'config/gateway.yaml');
    const other = configOf(1).replace('path: /webhooks/stripe', 'path: /webhooks/stripe\n    livemode: false');
    writeFileSync(file, other);
    expect((await run('reload', '--url', started.adminUrl)).code).to.equal(0);
    const { entries } = JSON.parse((await run('config', 'history', '--json')).stdout);
    expect(entries).to.have.length(2);
    expect(entries[0].changes).to.deep.equal([
      { kind: 'changed', path: 'endpoints.stripe.livemode', old: 'any', new: false },
    ]);
    const text = (await run('config', 'history')).stdout;
    expect(text).to.match(/^ {2}~ endpoints\.stripe\.livemode: "?any"? → false$/m);
    const next = join(started.directory.path, 'config/next.yaml');
    writeFileSync(
      next,
      other.replace('/webhooks/stripe', '/hooks/stripe').replace('drain: 5s, workers: 1', 'drain: 5s, workers: 3'),
    );
    const diff = await run('config', 'diff', '--running', 'config/next.yaml', '--url', started.adminUrl);
    expect(diff.code).to.equal(0);
    expect(diff.stdout).to.include('~ endpoints.stripe.path: /webhooks/stripe → /hooks/stripe');
    expect(diff.stdout).to.include("note: server.workers can't change while the gateway runs");
    const same = await run('config', 'diff', '--running', 'config/gateway.yaml', '--url', started.adminUrl);
    expect(same.stdout).to.include('It would change nothing');
    expect((await run('config', 'diff', 'config/gateway.yaml')).code).to.equal(2);
  });
});

describe('gateway eval', () => {
  const directory = { path: process.cwd() };
  const run = (...args: string[]) => new Cli(directory.path, ['eval', ...args, '--plugin', 'stripe']).ended();

  it('gives value and type for each example', async () => {
    const { code, stdout } = await run('data.object.amount', '--event', 'charge.ref*', '--json');
    expect(code).to.equal(0);
    expect(JSON.parse(stdout).results[0]).to.include({ example: 'charge.refund.updated', type: 'number', value: 100 });
    const table = await run('data.object.customer & "-"');
    expect(table.stdout).to.match(/^charge\.refunded +string +"null-"$/m);
    expect(table.stdout).to.match(/^\d+ events of examples: \d+ string$/m);
  });

  it('watches the file of a rule', async () => {
    const folder = makeDirectory({ 'key.jsonata': 'data.object.id' });
    const file = join(folder.path, 'key.jsonata');
    const watching = new Cli(process.cwd(), [
      'eval',
      `@${file}`,
      '--watch',
      '--plugin',
      'stripe',
      '--event',
      'charge.failed',
    ]);
    await watching.says(/^charge\.failed +string +"ch_.*"[\s\S]*watching/m);
    writeFileSync(file, 'data.object.');
    await watching.logs(/Not a JSONata expression/);
    writeFileSync(file, 'data.object.amount');
    await watching.says(/^charge\.failed +number +2000$/m);
    watching.kill('SIGINT');
    expect((await watching.ended()).code).to.equal(130);
    folder.remove();
  });

  it('says where it fails, and what is not an expression', async () => {
    const failing = await run('$uppercase(data.object.amount)', '--event', 'charge.refunded');
    expect(failing.code).to.equal(1);
    expect(failing.stdout).to.match(/^charge\.refunded +failed +/m);
    const wrong = await run('a b');
    expect(wrong).to.include({ code: 2, stdout: '' });
    expect(wrong.stderr).to.match(/^ {2}a b\n {4}\^$/m);
    expect((await run('a', '--event', 'nothing.*')).code).to.equal(2);
  });
});
