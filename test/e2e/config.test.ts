import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createPublisher } from '../../src/publish/create.js';
import { Cli, type Ended, embeddedConfig, makeDirectory, plugins } from './cli.js';
import { secret, stripeRequest } from './stripe.js';

const routed = `${embeddedConfig()}    routes: [{ events: ["charge.*"], topic: webhooks.charges }]\n`;

describe('gateway config', () => {
  const directory = makeDirectory({
    'config/gateway.yaml': embeddedConfig(),
    'config/next.yaml': routed,
    'config/broken.yaml': 'version: 1\n',
    'data/stripe.secret': secret,
  });
  before(async () => {
    const publisher = await createPublisher(
      { kind: 'embedded', dir: join(directory.path, 'data/log') },
      { topics: [], deadLetterTopic: 'webhooks.dlq', largest: 1, log: () => undefined },
    );
    const headers = {
      ce_id: 'evt_1',
      ce_type: 'charge.refunded',
      ce_endpoint: 'stripe',
      'content-type': 'application/json',
    };
    const value = Buffer.from(stripeRequest('evt_1').body);
    await publisher.publish({ topic: 'webhooks.stripe.charge', key: 'ch_1', headers, value });
    await publisher.close();
  });
  after(() => directory.remove());

  function config(...args: string[]): Promise<Ended> {
    return new Cli(directory.path, ['config', ...args]).ended();
  }

  it('prints what is written, and what is in effect', async () => {
    const written = await config('print');
    expect(written).to.deep.include({ code: 0, stderr: '', stdout: embeddedConfig() });
    const resolved = await config('print', '--resolved');
    expect(resolved.stdout)
      .to.contain('value: "[redacted]"')
      .and.to.contain('bodyTimeout: 10s')
      .and.not.to.contain('whsec_');
    const json = JSON.parse((await config('print', 'config/next.yaml', '--json')).stdout);
    expect(json.endpoints[0].routes[0].topic).to.equal('webhooks.charges');
    expect((await config('print', 'config/broken.yaml')).code).to.equal(3);
  });

  it('says what another configuration would change, for recorded events, too', async () => {
    const both = ['config/gateway.yaml', 'config/next.yaml'];
    const plain = await config('diff', ...both);
    expect([plain.code, plain.stderr]).to.deep.equal([0, '']);
    expect(plain.stdout)
      .to.contain('+ endpoints.stripe.routes: charge.* → webhooks.charges')
      .and.to.contain('+ topics: webhooks.charges');
    const against = await config('diff', ...both, '--against', 'webhooks.stripe.charge');
    expect(against.code).to.equal(1);
    expect(against.stdout).to.contain(`evt_1 charge.refunded (webhooks.stripe.charge/0@0)
  - published to webhooks.stripe.charge, key ch_1
  + published to webhooks.charges, key ch_1
1 of 1 events would change topic, key or verdict`);
    const same = await config(
      'diff',
      'config/gateway.yaml',
      'config/gateway.yaml',
      '--against',
      'webhooks.stripe.charge',
      '--json',
    );
    expect([same.code, JSON.parse(same.stdout)]).to.deep.equal([
      0,
      { changes: [], against: { events: 1, changed: [] }, notes: [] },
    ]);
    expect((await config('diff', ...both, '--against', 'nowhere')).code).to.equal(2);
    expect((await config('diff', 'config/gateway.yaml', 'config/broken.yaml')).code).to.equal(3);
  });
});

describe('gateway schema print', () => {
  const directory = makeDirectory({});
  after(() => directory.remove());

  it('prints each, lists all, and helps with names', async () => {
    const print = (...args: string[]) => new Cli(directory.path, ['schema', 'print', ...args]).ended();
    const list = await print();
    expect(
      list.stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).to.deep.equal(['gateway', 'plugin', 'tests', 'scenario', 'example', 'example-objects', 'record']);
    const file = join(plugins, '../schemas/tests.schema.json');
    expect(JSON.parse((await print('tests')).stdout)).to.deep.equal(JSON.parse(readFileSync(file, 'utf8')));
    const wrong = await print('gatway');
    expect([wrong.code, wrong.stderr]).to.deep.equal([2, 'No schema "gatway": did you mean "gateway"?\n']);
  });
});
