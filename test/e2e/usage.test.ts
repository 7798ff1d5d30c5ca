import { expect } from 'chai';
import { Cli, type Ended, embeddedConfig, makeDirectory } from './cli.js';

const secret = 'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw';

describe('the command line', () => {
  const directory = makeDirectory({
    'config/gateway.yaml': embeddedConfig(),
    'config/broken.yaml': embeddedConfig()
      .replace('deadLetter', 'deadLeter')
      .replace('provider: stripe', 'provider: strip'),
    'data/stripe.secret': `${secret}\n`,
  });
  after(() => directory.remove());

  async function run(...args: string[]): Promise<Ended> {
    return new Cli(directory.path, args).ended();
  }

  it('explains itself', async () => {
    const { code, stdout } = await run('--help');
    expect(code).to.equal(0);
    for (const command of ['dev', 'start', 'lint-config', 'routes', 'tap', 'simulate'])
      expect(stdout).to.include(command);
    const help = await run('tap', '--help');
    expect(help.stdout.replace(/\s+/g, ' ')).to.include(
      'while `gateway dev` runs in this directory, the one it runs with',
    );
  });

  for (const args of [
    ['tap', '--nope'],
    ['simulate', 'send'],
    ['simulate', 'generate', '--rate', '0'],
  ]) {
    it(`exits 2 for ${args.join(' ')}, with --json too`, async () => {
      const [plain, json] = await Promise.all([run(...args), run(...args, '--json')]);
      expect(plain).to.include({ code: 2, stdout: '' });
      expect(plain.stderr).not.to.equal('');
      expect(json).to.include({ code: 2, stderr: '' });
      expect(JSON.parse(json.stdout).error).to.include({ reason: 'usage', exitCode: 2 });
    });
  }

  it('exits 2 for a command that it has not', async () => {
    expect(await run('nope')).to.include({ code: 2, stdout: '' });
  });

  it('says which event type was meant, and that an endpoint is not there', async () => {
    const send = ['simulate', 'send', '--type', 'charge.refunded'];
    const [type, endpoint, data, url] = await Promise.all([
      run('simulate', 'send', '--type', 'charge.refundd'),
      run('simulate', 'list', '--endpoint', 'nope'),
      run(...send, '--data', 'amount'),
      run(...send, '--url', 'localhost'),
    ]);
    expect(type).to.include({ code: 2, stdout: '' });
    expect(type.stderr).to.include('did you mean "charge.refunded"?');
    expect(endpoint.code).to.equal(2);
    expect(endpoint.stderr).to.match(/No endpoint "nope" in .*config\/gateway.yaml: it has stripe/);
    expect(data).to.include({ code: 2, stderr: '--data amount: not of the form PATH=VALUE\n' });
    expect(url.code).to.equal(2);
  });

  it('finds nothing wrong with a good configuration', async () => {
    const { code, stdout, stderr } = await run('lint-config');
    expect({ code, stdout, stderr }).to.deep.equal({ code: 0, stdout: '', stderr: 'config/gateway.yaml: no faults\n' });
    const json = await run('lint-config', '--json');
    expect(JSON.parse(json.stdout)).to.deep.include({ errors: 0, warnings: 0, diagnostics: [] });
  });

  it('prints every fault of a bad one and exits 3', async () => {
    const lint = (...flags: string[]) => run('lint-config', 'config/broken.yaml', ...flags);
    const [{ code, stdout, stderr }, github, ...jsons] = await Promise.all([
      lint(),
      lint('--format', 'github'),
      lint('--format', 'json'),
      lint('--json'),
    ]);
    expect(code).to.equal(3);
    expect(stdout).to.match(/^config\/broken.yaml:5:1 {2}error {2}.*\[config-unknown-key\]$/m);
    expect(stdout).to.match(/^config\/broken.yaml:7:15 {2}error {2}/m);
    expect(stderr).to.equal('config/broken.yaml: 2 errors\n');
    expect(github.code).to.equal(3);
    expect(github.stdout).to.match(/^::error file=config\/broken.yaml,line=5,/m);
    for (const json of jsons) {
      expect(json).to.include({ code: 3, stderr: '' });
      expect(JSON.parse(json.stdout)).to.have.property('diagnostics').with.length(2);
    }
  });

  for (const args of [
    ['start', 'config/broken.yaml'],
    ['dev', '--config', 'config/broken.yaml'],
    ['routes', '--config', 'config/broken.yaml'],
    ['start', 'config/absent.yaml'],
    ['lint-config', 'config/absent.yaml'],
  ]) {
    it(`exits 3 for ${args.join(' ')}`, async () => {
      const [{ code, stderr }, json] = await Promise.all([run(...args), run(...args, '--json')]);
      expect(code).to.equal(3);
      expect(stderr).to.match(/config\/(broken|absent).yaml: [12] errors?\n$/);
      expect(json).to.include({ code: 3, stderr: '' });
      expect(JSON.parse(json.stdout)).to.be.an('object');
    });
  }

  it('shows the routes, and no secret', async () => {
    const { code, stdout } = await run('routes');
    expect(code).to.equal(0);
    expect(stdout).to.match(
      /^stripe +\/webhooks\/stripe +current +payment_intent\.\* +webhooks\.stripe\.payment_intent +data\.object\.id$/m,
    );
    expect(stdout).to.match(/^Dead letters: webhooks\.dlq$/m);
    expect(stdout).not.to.include(secret);
    const json = await run('routes', '--json');
    expect(JSON.parse(json.stdout).routes).to.deep.include.members([]).and.not.to.have.length(0);
  });

  it('lists what can be sent', async () => {
    const { code, stdout } = await run('simulate', 'list');
    expect(code).to.equal(0);
    expect(stdout).to.match(/^stripe +charge\.refunded$/m);
    const json = await run('simulate', 'list', '--endpoint', 'stripe', '--json');
    expect(JSON.parse(json.stdout).examples).to.deep.include({
      endpoint: 'stripe',
      provider: 'stripe',
      type: 'charge.refunded',
    });
  });

  it('exits 4 where nobody answers', async () => {
    for (const args of [['send', '--type', 'charge.refunded'], ['generate']]) {
      const nowhere = ['simulate', ...args, '--url', 'http://127.0.0.1:9'];
      const [{ code, stderr }, json] = await Promise.all([run(...nowhere), run(...nowhere, '--json')]);
      expect(code).to.equal(4);
      expect(stderr).to.include('No answer from http://127.0.0.1:9');
      expect(json).to.include({ code: 4, stderr: '' });
      expect(JSON.parse(json.stdout).error).to.include({ reason: 'unreachable', exitCode: 4 });
    }
  });
});
