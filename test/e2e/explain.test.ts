import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createPublisher } from '../../src/publish/create.js';
import { Cli, type Ended, embeddedConfig, makeDirectory, plugins } from './cli.js';
import { secret, stripeRequest } from './stripe.js';

describe('gateway explain', () => {
  const directory = makeDirectory({
    'config/gateway.yaml': embeddedConfig(),
    'config/two.yaml': `${embeddedConfig()}  - { provider: github, path: /webhooks/github, secrets: [{ name: current, file: ../data/github.secret }] }\n`,
    'data/stripe.secret': secret,
    'data/github.secret': 'of-github',
  });
  after(() => directory.remove());

  function explain(...args: string[]): Promise<Ended> {
    return new Cli(directory.path, ['explain', ...args]).ended();
  }

  function write(name: string, text: string): string {
    writeFileSync(join(directory.path, name), text);
    return name;
  }

  it('walks the example of a plugin through every stage', async () => {
    const { code, stdout, stderr } = await explain(join(plugins, 'stripe/examples/charge.refunded.json'));
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout).to.match(/^verify +proven with secret "current", .*signed here, in memory/m);
    expect(stdout).to.match(
      /^schema +thin-event\.schema\.json: not for it \(when object = "v2\.core\.event" is false\)$/m,
    );
    expect(stdout).to.match(
      /^ +→ stripe\/plugin\.yaml:\d+ charge\.\* to webhooks\.stripe\.charge: taken, key "ch_0+"/m,
    );
    expect(stdout).to.match(/^answer +200, published$/m);
  });

  it('says what is wrong with a payload, without showing it', async () => {
    const { body } = stripeRequest('evt_1');
    const file = write('wrong.json', body.replace('"evt_1"', '4242424242424242'));
    const { code, stdout } = await explain(file);
    expect(code).to.equal(1);
    expect(stdout).to.contain('/id must be string; it is a number').and.to.contain('STOPPED schema_violation');
    expect(stdout).not.to.contain('4242');
    const { items, answer } = JSON.parse((await explain(file, '--json')).stdout);
    expect(items[0].rejection.code).to.equal('schema_violation');
    expect(answer).to.deep.equal({ status: 200, verdict: 'dead letter: schema_violation' });
  });

  it('verifies a captured request as it is, and says why it is refused', async () => {
    const { head, body } = stripeRequest('evt_1');
    const good = await explain(write('good.http', head + body));
    expect(good.code).to.equal(0);
    expect(good.stdout).to.match(/^verify +proven with secret "current", signed at \S+$/m);
    const late = await explain('good.http', '--at', '2040-01-01T00:00:00Z');
    expect(late.code).to.equal(1);
    expect(late.stdout)
      .to.match(/^verify +STOPPED timestamp_stale/m)
      .and.to.match(/^answer +401, dead letter/m);
  });

  it('finds an event by its id in the topics', async () => {
    const headers = { ce_id: 'evt_1', ce_endpoint: 'stripe', ce_secretname: 'old', 'content-type': 'application/json' };
    const value = Buffer.from(stripeRequest('evt_1').body);
    const publisher = await createPublisher(
      { kind: 'embedded', dir: join(directory.path, 'data/log') },
      { topics: [], deadLetterTopic: 'webhooks.dlq', largest: 1, log: () => undefined },
    );
    await publisher.publish({ topic: 'webhooks.stripe.charge', key: 'k', headers, value });
    await publisher.close();
    const found = await explain('evt_1', '--config', 'config/two.yaml');
    expect([found.code, found.stderr]).to.deep.equal([0, '']);
    expect(found.stdout).to.contain('webhooks.stripe.charge/0@0 at endpoint "stripe"').and.to.contain('not verified');
    const tap = await new Cli(directory.path, [
      'tap',
      'webhooks.stripe.charge',
      '--from-beginning',
      '--max',
      '1',
      '--json',
    ]).ended();
    const line = await explain(write('record.json', tap.stdout));
    expect(line.stdout).to.match(/^answer +200, published$/m);
    const missing = await explain('evt_2', '--since', '1h');
    expect([missing.code, missing.stdout]).to.deep.equal([1, '']);
    expect(missing.stderr).to.contain('no event of this id among 1 records');
  });

  it('asks which endpoint a payload is for', async () => {
    const file = write('body.json', stripeRequest('evt_1').body);
    const which = await explain(file, '--config', 'config/two.yaml');
    expect(which.code).to.equal(2);
    expect(which.stderr).to.contain('Give --endpoint: there are stripe, github');
    expect((await explain(file, '--config', 'config/two.yaml', '--endpoint', 'strip')).stderr).to.contain('"stripe"?');
    expect((await explain(file, '--config', 'config/two.yaml', '--endpoint', 'stripe')).code).to.equal(0);
    const example = join(plugins, 'github/examples/ping.json');
    const own = await explain(example, '--config', 'config/two.yaml', '--json');
    expect(JSON.parse(own.stdout)).to.include({ endpoint: 'github' });
    expect((await explain()).code).to.equal(2);
    expect(JSON.parse((await explain(file, '--since', 'soon', '--json')).stdout).error.exitCode).to.equal(2);
    expect(readFileSync(join(directory.path, file), 'utf8')).to.equal(stripeRequest('evt_1').body);
  });
});
