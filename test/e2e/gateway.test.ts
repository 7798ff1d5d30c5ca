import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { Cli, type Ended, embeddedConfig, makeDirectory } from './cli.js';

const secret = 'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw';

describe('a gateway that was started', () => {
  const directory = makeDirectory({ 'config/gateway.yaml': embeddedConfig(), 'data/stripe.secret': secret });
  let gateway: Cli;
  let url: string;

  before(async () => {
    gateway = new Cli(directory.path, ['start', '--json']);
    const [line] = await gateway.says(/^\{.*\}$/m);
    ({ url } = JSON.parse(line));
  });
  after(async () => {
    gateway.kill('SIGTERM');
    const { code, stdout, stderr } = await gateway.ended();
    directory.remove();
    expect(code).to.equal(0);
    expect(stdout.trim().split('\n')).to.have.length(1);
    expect(stderr).not.to.include(secret);
  });

  function cli(...args: string[]): Cli {
    return new Cli(directory.path, args);
  }
  async function run(...args: string[]): Promise<Ended> {
    return cli(...args).ended();
  }

  it('takes what the simulator sends, and tap shows it', async () => {
    const sent = await run(
      'simulate',
      'send',
      '--type',
      'charge.refunded',
      '--url',
      url,
      '--data',
      'data.object.amount=4711',
    );
    expect(sent.code).to.equal(0);
    expect(sent.stdout).to.match(
      /^POST http:\/\/127\.0\.0\.1:\d+\/webhooks\/stripe {2}charge\.refunded\n200 {2}[\d.]+ ms\n/,
    );
    expect(sent.stdout).to.match(
      /accepted {2}charge\.refunded {2}evt_\w+ {2}→ {2}topic webhooks\.stripe\.charge {2}partition \d+ {2}offset \d+\n$/,
    );
    const id = /evt_\w+/.exec(sent.stdout)?.[0];

    const lines = await run('tap', 'webhooks.stripe.charge', '--from-beginning', '--max', '1');
    expect(lines.code).to.equal(0);
    expect(lines.stdout).to.match(
      /^\d{4}-\S+Z {2}webhooks\.stripe\.charge\/\d+@\d+ {2}charge\.refunded {2}evt_\w+ {2}key=\S+ {2}[\d.]+ (KiB|B)\n$/,
    );
    expect(lines.stdout).to.include(id);

    const json = await run('tap', '--from-beginning', '--max', '1', '--json');
    const record = JSON.parse(json.stdout);
    expect(record.headers).to.include({ ce_id: id, ce_type: 'charge.refunded' });
    expect(JSON.parse(record.value)).to.have.nested.property('data.object.amount', 4711);
  });

  it('sends several, each with an identifier of its own', async () => {
    const { code, stdout } = await run(
      'simulate',
      'send',
      '--type',
      'charge.refunded',
      '--url',
      url,
      '--count',
      '3',
      '--json',
    );
    expect(code).to.equal(0);
    const { deliveries } = JSON.parse(stdout);
    expect(new Set(deliveries.map((each: { answer: { event_id: string } }) => each.answer.event_id)).size).to.equal(3);
  });

  it('refuses a wrong signature, and that is what was asked for', async () => {
    const { code, stdout } = await run(
      'simulate',
      'send',
      '--type',
      'charge.refunded',
      '--url',
      url,
      '--invalid-signature',
    );
    expect(code).to.equal(0);
    expect(stdout).to.match(/\n401 /);
  });

  it('makes the exit code 1 where the answer is not 2xx', async () => {
    const { code, stdout } = await run(
      'simulate',
      'send',
      '--type',
      'charge.refunded',
      '--url',
      `${url}/nowhere`,
      '--json',
    );
    expect(code).to.equal(1);
    expect(JSON.parse(stdout)).to.have.nested.property('deliveries[0].status', 404);
  });

  it('answers a load', async () => {
    const { code, stdout } = await run('simulate', 'generate', '--rate', '100', '--duration', '500ms', '--url', url);
    expect(code).to.equal(0);
    expect(stdout).to.match(
      /^sent +50 in [\d.]+ s .*\naccepted +50\nrejected +0\nfailed +0\nanswers +p50 [\d.]+ ms {2}p95 [\d.]+ ms {2}p99 [\d.]+ ms/,
    );
    const json = await run('simulate', 'generate', '--rate', '50', '--duration', '200ms', '--url', url, '--json');
    expect(JSON.parse(json.stdout)).to.deep.include({
      sent: 10,
      accepted: 10,
      deadLettered: 0,
      rejected: {},
      failed: {},
      unsent: 0,
    });
  });

  it('has its load ended by Ctrl-C, with the figures', async () => {
    const generate = cli(
      'simulate',
      'generate',
      '--rate',
      '200',
      '--duration',
      '10m',
      '--url',
      url,
      '--type',
      'charge.refunded',
    );
    // The first record of the load: generate is at work.
    const tap = cli('tap', '--json');
    await tap.says(/charge\.refunded/);
    generate.kill('SIGINT');
    tap.kill('SIGINT');
    const { code, stdout } = await generate.ended();
    expect(code).to.equal(130);
    expect(stdout).to.match(/^sent +[1-9]\d* in /);
    expect((await tap.ended()).code).to.equal(130);
  });

  it('lets tap end when nobody reads it any more', async () => {
    const tap = cli('tap', '--from-beginning', '--follow');
    await tap.says(/charge/);
    tap.closeStdout();
    await run('simulate', 'send', '--type', 'charge.refunded', '--url', url, '--count', '2');
    expect(await tap.ended()).to.include({ code: 0, stderr: '' });
  });
});

describe('gateway dev', () => {
  it('makes its secrets, and the commands beside it find it', async () => {
    const directory = makeDirectory({ 'config/dev.yaml': embeddedConfig() });
    const gateway = new Cli(directory.path, ['dev']);
    await gateway.says(/npx webhook-gateway simulate send --type \S+/);
    const made = statSync(join(directory.path, 'data/stripe.secret'));
    expect((made.mode & 0o777).toString(8)).to.equal('600');
    const text = readFileSync(join(directory.path, 'data/stripe.secret'), 'utf8').trim();
    expect(text).to.match(/^[0-9a-f]{64}$/);

    const sent = await new Cli(directory.path, ['simulate', 'send', '--type', 'charge.refunded']).ended();
    expect(sent).to.include({ code: 0, stderr: '' });
    const tapped = await new Cli(directory.path, ['tap', '--from-beginning', '--max', '1']).ended();
    expect(tapped.stdout).to.include('webhooks.stripe.charge/');

    // Under npm, one Ctrl-C arrives twice.
    gateway.kill('SIGINT');
    gateway.kill('SIGINT');
    const { code, stdout, stderr } = await gateway.ended();
    // The second one may come when Node is on its way out and hears no signals any more: then there is no code.
    expect(code).to.be.oneOf([0, null]);
    expect(stdout).to.include('"msg":"stopped"');
    expect(stdout + stderr).not.to.include(text);
    expect(existsSync(join(directory.path, 'data/dev/gateway.json'))).to.equal(false);

    const alone = await new Cli(directory.path, ['simulate', 'send', '--type', 'charge.refunded']).ended();
    expect(alone.code).to.equal(3);
    expect(alone.stderr).to.include('config/gateway.yaml');
    directory.remove();
  });

  it('makes no secret for a configuration with Kafka', async () => {
    const config = embeddedConfig().replace(/^embedded:.*$/m, 'kafka: { brokers: "127.0.0.1:9" }');
    const directory = makeDirectory({ 'config/dev.yaml': config });
    const { code } = await new Cli(directory.path, ['dev']).ended();
    expect(code).to.equal(3);
    expect(existsSync(join(directory.path, 'data'))).to.equal(false);
    directory.remove();
  });

  it('says so where its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const directory = makeDirectory({
      'config/dev.yaml': embeddedConfig(`127.0.0.1:${port}`),
      'data/stripe.secret': secret,
    });
    const { code, stderr } = await new Cli(directory.path, ['dev']).ended();
    expect(code).to.equal(1);
    expect(stderr).to.equal(`Can't listen on 127.0.0.1:${port}: another program listens there already\n`);
    other.close();
    directory.remove();
  });
});
