import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Cli, type Ended, embeddedConfig, makeDirectory, plugins } from './cli.js';
import { secret, stripeRequest } from './stripe.js';

const other = 'whsec_dGhlIHNlY3JldCBvZiB0aGUgdGVzdCBtb2Rl';

describe('the commands about plugins', () => {
  const directory = makeDirectory({
    'config/gateway.yaml': `${embeddedConfig()}  - name: stripe-test
    provider: stripe
    path: /webhooks/stripe-test
    secrets: [{ name: current, file: ../data/test.secret }]
`,
    'data/stripe.secret': `${secret}\n`,
    'data/test.secret': `${other}\n`,
  });
  after(() => directory.remove());

  async function run(...args: string[]): Promise<Ended> {
    return new Cli(directory.path, args).ended();
  }

  function write(name: string, text: string): string {
    writeFileSync(join(directory.path, name), text);
    return name;
  }

  it('lists and shows', async () => {
    const [list, show, json, missing] = await Promise.all([
      run('plugins', 'list'),
      run('plugins', 'show', 'stripe'),
      run('plugins', 'show', 'stripe', '--json'),
      run('plugins', 'show', 'strip'),
    ]);
    expect(list).to.include({ code: 0, stderr: '' });
    expect(list.stdout).to.match(/^stripe +whole body +601 +18 +HMAC-SHA256 +Stripe$/m);
    expect(list.stdout).to.match(/^adyen +some fields /m);
    expect(list.stdout).to.match(/^paypal +nothing /m);
    expect(show.stdout).to.match(/^Signature +HMAC-SHA256 in header stripe-signature/m);
    expect(show.stdout).to.match(/^README +\S+plugins\/stripe\/README\.md$/m);
    expect(JSON.parse(json.stdout)).to.include({ binds: 'body' });
    expect(missing.code).to.equal(2);
    expect(missing.stderr).to.contain('did you mean "stripe"?');
  });

  it('makes a plugin that lints clean, passes its test and takes what is sent', async () => {
    const made = await run('plugins', 'new', 'acme', '--dir', 'own');
    expect(made).to.include({ code: 0, stderr: '' });
    expect(made.stdout).to.contain(
      '  - provider: acme\n    path: /webhooks/acme\n    secrets: [{ name: current, env: ACME_SECRET }]',
    );
    expect(await run('plugins', 'new', 'acme', '--dir', 'own')).to.include({ code: 1, stdout: '' });
    expect((await run('plugins', 'new', 'Acme')).code).to.equal(2);
    const test = await run('test', 'acme', '--dir', 'own');
    expect(test).to.include({ code: 0, stderr: '' });
    expect(test.stdout).to.match(/^acme: 1 example, 7 passed$/m);
    expect(test.stdout).to.match(/^7 passed, 0 failed$/m);
    const config = embeddedConfig().replace(plugins, '../own').replace('provider: stripe', 'provider: acme');
    write('config/acme.yaml', config);
    expect(await run('lint-config', 'config/acme.yaml')).to.include({ code: 0, stdout: '' });
  });

  it('says which plugin a new one stands before, and points no editor out of the project', async () => {
    const made = await run('plugins', 'new', 'stripe', '--like', 'stripe', '--dir', 'own');
    expect(made.stdout)
      .to.match(/^This plugin goes before, .*, the one of the same name in \S+plugins\/stripe\.$/m)
      .and.to.contain('3. The configuration has an endpoint of it already.')
      .and.not.to.contain('Add an endpoint');
    expect(readFileSync(join(directory.path, 'own/stripe/plugin.yaml'), 'utf8')).not.to.contain('$schema');
    rmSync(join(directory.path, 'own/stripe'), { recursive: true });
  });

  it('says which example of a plugin fails, and where to look', async () => {
    await run('plugins', 'new', 'wrong', '--dir', 'own', '--like', 'standard_webhooks');
    const yaml = join(directory.path, 'own/wrong/plugin.yaml');
    writeFileSync(yaml, readFileSync(yaml, 'utf8').replace('  type: type', '  type: data.kind'));
    const { code, stdout } = await run('test', 'wrong', '--dir', 'own');
    expect(code).to.equal(1);
    expect(stdout).to.contain('FAILED own/wrong/examples/contact.created.json: replayed');
    expect(stdout).to.match(
      /expected +identify lets it through\n +got +event_unidentified: .*no type\n +see +wrong\/plugin\.yaml:\d+ \/event$/m,
    );
    expect(stdout).to.match(/^\d+ passed, 2 failed$/m);
    writeFileSync(yaml, 'version: 1\nname: [');
    const broken = await run('test', 'wrong', '--dir', 'own', '--json');
    expect(broken.code).to.equal(1);
    expect(JSON.parse(broken.stdout)).to.include({ passed: 0, failed: 1 });
  });

  it('tests the shipped plugins by name', async () => {
    const { code, stdout } = await run('test', 'stripe', 'github');
    expect(code).to.equal(0);
    expect(stdout).to.match(/^\d+ passed, 0 failed$/m);
  });

  it('holds vectors against plugins', async () => {
    const file = write('vectors.jsonl', readFileSync(join(plugins, '../test/cases/signature/vectors.jsonl'), 'utf8'));
    const all = await run('verify', '--vectors', file);
    expect(all.code).to.equal(0);
    expect(all.stdout).to.match(/^\d+ agree, 0 disagree$/m);
    const [line = ''] = readFileSync(join(directory.path, file), 'utf8').split('\n');
    const wrong = write('wrong.jsonl', JSON.stringify({ ...JSON.parse(line), valid: false, why: 'made up' }));
    const { code, stdout } = await run('verify', '--plugin', 'adyen', '--vectors', wrong);
    expect(code).to.equal(1);
    expect(stdout).to.contain('proven, and must be refused\n  the vector says: made up\n0 agree, 1 disagree');
  });

  it('verifies a captured request, and finds out why one is refused', async () => {
    const { head, body } = stripeRequest('evt_1');
    const good = await run('verify', '--endpoint', 'stripe', '--request', write('good.http', head + body));
    expect(good).to.include({ code: 0, stderr: '' });
    expect(good.stdout).to.contain('Proven for endpoint "stripe": secret "current", signed at ');
    const mixed = await run('verify', '--endpoint', 'stripe-test', '--request', 'good.http');
    expect(mixed.code).to.equal(1);
    expect(mixed.stdout).to.contain('signature_mismatch').and.to.contain('A secret of endpoint "stripe" fits');
    const indented = JSON.stringify(JSON.parse(body), undefined, 2);
    const changed = write('changed.http', head.replace(/^Content-Length.*\r\n/m, '') + indented);
    const formatted = await run('verify', '--endpoint', 'stripe', '--request', changed, '--json');
    expect(JSON.parse(formatted.stdout).causes[0].cause).to.contain('fits the body as JavaScript writes JSON: compact');
    const old = await run('verify', '--endpoint', 'stripe', '--request', 'good.http', '--at', '2040-01-01T00:00:00Z');
    expect(old.stdout).to.contain('The signature is good, but old');
    for (const { stdout } of [good, mixed, formatted, old]) {
      expect(stdout).not.to.contain(secret.slice(6)).and.not.to.contain(other.slice(6));
    }
  });

  it('exits 2 where it is not told what to verify', async () => {
    for (const args of [
      [],
      ['--request', 'good.http'],
      ['--endpoint', 'nope', '--request', 'good.http'],
      ['--vectors', 'absent'],
    ]) {
      const { code, stderr } = await run('verify', ...args);
      expect(code, args.join(' ')).to.equal(2);
      expect(stderr).not.to.equal('');
    }
  });
});
