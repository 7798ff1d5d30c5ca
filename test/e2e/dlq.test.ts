import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Cli, type Ended } from './cli.js';
import { configOf, type Started, start } from './running.js';
import { postStripe, readIds, stripeRequest } from './stripe.js';

/** The gateway takes test events only, and these are not. */
const strict = configOf(1).replace('path: /webhooks/stripe', 'path: /webhooks/stripe\n    livemode: false');

describe('gateway dlq', () => {
  let started: Started;

  before(async () => {
    started = await start(strict);
    for (const id of ['evt_1', 'evt_2', 'evt_3']) expect(await postStripe(started.url, id)).to.equal(200);
    const forged = await fetch(`${started.url}/webhooks/stripe?token=opensesame`, {
      method: 'POST',
      body: stripeRequest('evt_4').body,
      headers: { 'content-type': 'application/json', 'stripe-signature': 't=1,v1=00' },
    });
    expect(forged.status).to.equal(401);
  });
  after(async () => {
    started.cli.kill('SIGTERM');
    await started.cli.ended();
    started.directory.remove();
  });

  function run(...args: string[]): Promise<Ended> {
    return new Cli(started.directory.path, ['dlq', ...args]).ended();
  }

  async function list(...args: string[]) {
    const { stdout } = await run('list', '--json', ...args);
    const { letters }: { letters: { id: string; reason: string; verified: boolean; replayed: string }[] } =
      JSON.parse(stdout);
    return letters;
  }

  it('lists the dead letters, and chooses among them', async () => {
    const { code, stdout, stderr } = await run('list');
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout.split('\n')).to.have.length(6);
    expect(stdout).to.match(/^[\da-f-]{36} +\S+Z +stripe +livemode_mismatch +charge\.refunded +\d+ +yes +no$/m);
    expect(stdout).to.match(/ +(signature|timestamp)_\w+ +charge\.refunded +\d+ +no +no$/m);
    const choices = [
      list('--reason', 'livemode_mismatch'),
      list('--since', '1h', '--endpoint', 'stripe'),
      list('--since', '2100-01-01T00:00:00Z'),
      list('--endpoint', 'other'),
    ];
    expect((await Promise.all(choices)).map(({ length }) => length)).to.deep.equal([3, 4, 0, 0]);
    expect((await run('list', '--limit', '1')).stdout).to.include('3 older ones: see --limit');
  });

  it('refuses what can be no choice', async () => {
    const [reason, ...others] = await Promise.all([
      run('list', '--reason', 'schema_violatio'),
      run('list', '--since', 'yesterday'),
      run('show', 'nope'),
      run('replay', 'nope'),
    ]);
    expect(reason).to.include({ code: 2, stdout: '' });
    expect(reason.stderr).to.include('did you mean "schema_violation"?');
    expect(others.map(({ code }) => code)).to.deep.equal([2, 1, 1]);
  });

  it('shows one without a value of its payload or its request', async () => {
    const letters = await list();
    const first = letters[0]?.id ?? '';
    const forged = letters.find(({ verified }) => !verified)?.id ?? '';
    const [{ code, stdout }, unproven, json, raw, both] = await Promise.all([
      run('show', first),
      run('show', forged),
      run('show', first, '--json'),
      run('show', first, '--raw'),
      run('show', first, '--raw', '--json'),
    ]);
    expect(code).to.equal(0);
    expect(stdout).to.include('livemode_mismatch (identify): the event says livemode true');
    expect(stdout).to.include('stripe-signature: <text of ');
    expect(stdout).to.match(/"type": "<text of 15>"/);
    expect(stdout).not.to.match(/evt_1|ch_1|v1=/);
    expect(unproven.stdout).to.include('POST /webhooks/stripe?token=…').and.not.include('opensesame');
    expect(json.stdout).not.to.match(/evt_1|ch_1|v1=/);
    expect(JSON.parse(json.stdout)).to.deep.include({ id: first, verified: true, secret: 'current' });
    expect(raw.stdout).to.equal(stripeRequest('evt_1').body);
    expect(JSON.parse(both.stdout).body).to.equal(raw.stdout);
  });

  it('replays what the configuration of today takes, once', async () => {
    const refused = await run('replay', '--json', '--unverified');
    expect(refused.code).to.equal(1);
    expect(JSON.parse(refused.stdout)).to.deep.include({ selected: 4, replayed: 0, published: 0, unverified: 0 });
    const file = join(started.directory.path, 'config/gateway.yaml');
    writeFileSync(file, strict.replace('livemode: false', 'livemode: any'));
    const dry = await run('replay', '--dry-run', '--reason', 'livemode_mismatch');
    expect(dry.code).to.equal(0);
    expect(dry.stdout).to.include('would replay   3 of 3 dead letters');
    const log = join(started.directory.path, 'data/log');
    expect(await readIds(log)).to.deep.equal([]);

    const [first] = await list();
    expect((await run('replay', first?.id ?? '')).stdout).to.match(/^replayed {7}1 of 1 dead letters in /);
    expect((await list()).map(({ id }) => id)).not.to.include(first?.id);
    // What nobody has proven is left out.
    const rest = await run('replay', '--json');
    expect(rest.code).to.equal(0);
    expect(JSON.parse(rest.stdout)).to.deep.include({
      selected: 2,
      replayed: 2,
      published: 2,
      topics: { 'webhooks.stripe.charge': 2 },
      unverified: 1,
    });
    expect(await readIds(log)).to.deep.equal(['evt_1', 'evt_2', 'evt_3']);
    expect((await list('--all')).map(({ replayed }) => replayed)).to.deep.equal(['yes', 'yes', 'yes', 'no']);
    expect((await run('show', first?.id ?? '')).stdout).to.match(/^replayed \d{4}-/m);
  });

  it('takes the beginning of an id, what a table shows of it, and its place', async () => {
    const [letter] = await list('--all');
    const { id = '' } = letter ?? {};
    const { place } = JSON.parse((await run('show', id, '--json')).stdout);
    for (const text of [id.slice(0, 8), `${id.slice(0, 8)}…${id.slice(-4)}`, place]) {
      expect(JSON.parse((await run('show', text, '--json')).stdout)).to.include({ id });
    }
    expect((await run('show', id.slice(0, 3))).code).to.equal(1);
  });

  it('sums letters up by their cause, and leaves out what was dismissed', async () => {
    const summary = async (...flags: string[]) => JSON.parse((await run('summary', '--json', ...flags)).stdout).groups;
    const all = await summary('--all');
    expect(all.map(({ reason, count }: { reason: string; count: number }) => [reason, count])).to.deep.equal([
      ['livemode_mismatch', 3],
      ['signature_malformed', 1],
    ]);
    expect(all[1]).to.include({ endpoint: 'stripe', unverified: 1 });
    const [forged] = await list();
    expect((await run('dismiss')).code).to.equal(2);
    const dry = await run('dismiss', '--reason', forged?.reason ?? '', '--dry-run');
    expect(dry.stdout).to.include('would dismiss 1 dead letters');
    expect(await list()).to.have.length(1);
    const done = await run('dismiss', '--reason', forged?.reason ?? '', '--note', 'a scanner', '--json');
    expect(JSON.parse(done.stdout)).to.include({ dismissed: 1 });
    expect(await list()).to.deep.equal([]);
    expect(await summary()).to.deep.equal([]);
    expect((await run('replay', '--unverified')).stdout).to.match(/^replayed {7}0 of 0 dead letters/);
    expect((await run('list', '--all')).stdout).to.match(/ no +dismissed$/m);
    expect((await run('show', forged?.id ?? '')).stdout).to.match(/^dismissed \d{4}-.*: a scanner$/m);
  });

  it('counts as published what the gateway has published since', async () => {
    expect(await postStripe(started.url, 'evt_5')).to.equal(200);
    started.cli.kill('SIGHUP');
    await started.cli.logs(/configuration reloaded/);
    expect(await postStripe(started.url, 'evt_5')).to.equal(200);
    const { stdout } = await run('replay', '--json', '--reason', 'livemode_mismatch');
    expect(JSON.parse(stdout)).to.deep.include({ replayed: 1, published: 0, duplicates: 1 });
    expect(await postStripe(started.url, 'evt_1')).to.equal(200);
    expect(await readIds(join(started.directory.path, 'data/log'))).to.deep.equal(['evt_1', 'evt_2', 'evt_3', 'evt_5']);
  });
});
