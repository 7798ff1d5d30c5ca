import { expect } from 'chai';
import { Cli, type Ended, embeddedConfig, makeDirectory } from './cli.js';

const plugin = `version: 1
name: acme
title: Acme
signature:
  algorithm: hmac-sha256
  signature: { from: "{header.acme-signature}", encoding: hex }
  content: "{raw}"
schemas: [{ schema: event.schema.json }]
event: { id: id, type: type }
routes: [{ events: ["order.*"], topic: webhooks.acme }]
eventTypes: event-types.txt
`;
const warned = `version: 1
embedded: { dir: ../data }
plugins: ../plugins
endpoints:
  - provider: acme
    path: /webhooks/acme
    secrets: [{ name: current, file: ../data/stripe.secret }]
`;

/** Rules that nothing but the examples of the plugin can tell to be wrong, and after them one that is only rare. */
const tried = `${embeddedConfig()}    routes:
      - { events: ["charge.*"], when: 'data.object.amount > "100"', topic: webhooks.large }
      - { events: ["charge.*"], topic: webhooks.a, key: $uppercase(data.object.shopper.id) & "-" & data.object.currency }
      - { events: ["payment_intent.*"], when: data.object.amuont > 100, topic: webhooks.b }
      - { events: ["payout.*"], topic: webhooks.c, key: data.object.idd }
      - { events: ["refund.*"], when: data.object.amount >= 1000000, topic: webhooks.d, key: data.object.charge }
`;

describe('gateway lint-config', () => {
  const directory = makeDirectory({
    'config/gateway.yaml': embeddedConfig(),
    'config/warned.yaml': warned,
    'tried/gateway.yaml': tried,
    'config/tests.yaml': 'cases: []\n',
    'data/stripe.secret': 'c2VjcmV0\n',
    'empty/notes.txt': 'nothing\n',
    'plugins/acme/plugin.yaml': plugin,
    'plugins/acme/event.schema.json': '{ "type": "object" }',
    'plugins/acme/event-types.txt': 'order.paid\nrefund.created\n',
  });
  after(() => directory.remove());

  async function lint(...args: string[]): Promise<Ended> {
    return new Cli(directory.path, ['lint-config', ...args]).ended();
  }

  it('warns and exits 0; 1 with --strict, or where --rule makes errors of the warnings', async () => {
    const [plain, strict, raised, off] = await Promise.all([
      lint('config/warned.yaml'),
      lint('config/warned.yaml', '--strict'),
      lint('config/warned.yaml', '--rule', 'event-unrouted=error'),
      lint('config/warned.yaml', '--strict', '--rule', 'event-unrouted=off'),
    ]);
    expect(plain).to.include({ code: 0, stderr: 'config/warned.yaml: 1 warning\n' });
    expect(plain.stdout).to.match(/^config\/warned.yaml:5:15 {2}warning .*refund\.created.*\[event-unrouted\]$/m);
    expect(strict).to.include({ code: 1, stdout: plain.stdout });
    expect(raised).to.include({ code: 1, stderr: 'config/warned.yaml: 1 error\n' });
    expect(off).to.include({ code: 0, stdout: '', stderr: 'config/warned.yaml: no faults\n' });
  });

  it('tries the rules of routes on the examples, as gateway test does', async () => {
    const strict = await lint('tried/gateway.yaml', '--strict');
    expect(strict).to.include({ code: 1, stderr: 'tried/gateway.yaml: 4 warnings\n' });
    const found = strict.stdout.split('\n').filter((line) => line.startsWith('tried/'));
    expect(found.map((line) => line.replace(/^tried\/gateway\.yaml(\S+) .*\[(.*)\]$/, '$1 $2'))).to.deep.equal([
      ':11:40 expr-fails',
      ':12:57 expr-part-missing',
      ':13:59 expr-unknown-field',
      ':14:69 expr-unknown-field',
    ]);
    expect(strict.stdout).to.contain('did you mean "amount"?').and.to.contain('did you mean "id"?');
    const test = await new Cli(directory.path, ['test', 'stripe', '--config', 'tried/gateway.yaml']).ended();
    expect(test.code).to.equal(1);
    expect(test.stdout).to.contain('FAILED tried/gateway.yaml:10: the rules of the routes of stripe, on the examples');
    expect(test.stderr).to.contain('[expr-part-missing]');
  });

  it('lints a folder: its configurations, its plugins, and nothing else', async () => {
    const { code, stdout } = await lint('.', '--json');
    const { files, warnings, diagnostics } = JSON.parse(stdout);
    expect(code).to.equal(0);
    expect(files).to.deep.equal(
      ['config/gateway.yaml', 'config/warned.yaml', 'plugins/acme', 'tried/gateway.yaml'].map(
        (path) => `${directory.path}/${path}`,
      ),
    );
    // Of an endpoint, of the plugin by itself, and of the rules that are tried.
    expect([warnings, diagnostics.length]).to.deep.equal([6, 6]);
  });

  it('lints a plugin by itself, by its folder or its file', async () => {
    const [folder, file] = await Promise.all([lint('plugins/acme'), lint('plugins/acme/plugin.yaml')]);
    expect(folder.stdout).to.match(/^plugins\/acme\/plugin.yaml:10:9 {2}warning .*\[event-unrouted\]$/m);
    expect(file.stdout).to.equal(folder.stdout);
  });

  it('has nothing to check in a folder without configurations: usage', async () => {
    const [plain, json] = await Promise.all([lint('empty'), lint('config', 'empty', '--json')]);
    expect(plain).to.include({ code: 2, stdout: '' });
    expect(plain.stderr).to.contain('Nothing to check: empty');
    expect(json).to.include({ code: 2, stderr: '' });
    expect(JSON.parse(json.stdout).error).to.include({ reason: 'usage', exitCode: 2 });
  });

  for (const [flag, message] of [
    ['event-unroutd=off', 'did you mean "event-unrouted"?'],
    ['config-invalid=off', "config-invalid can't be turned off or lowered"],
    ['event-unrouted', 'not of the form'],
  ] as const) {
    it(`refuses --rule ${flag}`, async () => {
      const { code, stderr } = await lint('config/warned.yaml', '--rule', flag);
      expect(code).to.equal(2);
      expect(stderr).to.contain(message);
    });
  }

  it('writes SARIF and JUnit, to stdout alone', async () => {
    const [sarif, junit] = await Promise.all([
      lint('config', '--format', 'sarif'),
      lint('config', '--format', 'junit', '--strict'),
    ]);
    expect(JSON.parse(sarif.stdout).runs[0].results).to.have.length(1);
    expect(sarif.stderr).to.equal('2 configurations and plugins: 1 warning\n');
    expect(junit.code).to.equal(1);
    expect(junit.stdout).to.match(/^<\?xml .*<testsuite name="config\/gateway.yaml" tests="1" failures="0">/s);
  });

  it('beside it, gateway routes --coverage shows which event types reach which route', async () => {
    const args = ['routes', '--coverage', '--config', 'config/warned.yaml'];
    const [plain, json] = await Promise.all(
      [args, [...args, '--json']].map((all) => new Cli(directory.path, all).ended()),
    );
    expect(plain?.stdout).to.match(/^webhooks\.acme +1 +order\.paid +acme\/plugin\.yaml:10$/m);
    expect(plain?.stdout).to.match(/^\(dead letters\) +1 +refund\.created +no route$/m);
    expect(JSON.parse(json?.stdout ?? '').coverage[0]).to.deep.include({ eventTypes: 2, unrouted: ['refund.created'] });
  });
});
