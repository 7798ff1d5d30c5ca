import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Cli, type Ended, makeDirectory } from './cli.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

function npm(cwd: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd, encoding: 'utf8', timeout: 100_000 });
  expect(status, stderr).to.equal(0);
  return stdout;
}

/** What a user has: the package of `npm pack`, installed into a folder with nothing else in it. */
describe('the package in an empty folder', () => {
  const directory = makeDirectory({});
  const installed = join(directory.path, 'node_modules/webhook-gateway');
  let gateway: (...args: string[]) => Cli;

  before(function () {
    this.timeout(120_000);
    // The build is there already: `npm test` makes it.
    const [packed] = Object.values(
      Object(JSON.parse(npm(root, 'pack', '--ignore-scripts', '--json', '--pack-destination', directory.path))),
    );
    const { filename, files } = Object(packed);
    const paths = files.map(({ path }: { path: string }) => path);
    expect(paths).to.include.members([
      'bin/run.js',
      'dist/index.d.ts',
      'dist/dependencies.cjs',
      'oclif.manifest.json',
      'schemas/gateway.schema.json',
      'plugins/stripe/plugin.yaml',
      'docs/rules/README.md',
      'LICENSE',
    ]);
    expect(
      paths.filter((path: string) => /^(src|test|bench|deploy|config|node_modules)\/|\.map$|(^|\/)\.env/.test(path)),
    ).to.deep.equal([]);
    npm(directory.path, 'install', `./${filename}`, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error');
    gateway = (...args) => new Cli(directory.path, args, {}, [], join(installed, 'bin/run.js'));
  });
  after(() => directory.remove());

  async function run(...args: string[]): Promise<Ended> {
    return gateway(...args).ended();
  }

  it('has no script that runs when it is installed, and none of its dependencies', () => {
    const lock = JSON.parse(readFileSync(join(directory.path, 'package-lock.json'), 'utf8'));
    const scripted = Object.entries(Object(lock.packages)).filter(([, each]) => Object(each).hasInstallScript);
    expect(scripted.map(([path]) => path)).to.deep.equal([]);
    expect(existsSync(join(installed, 'src'))).to.equal(false);
  });

  it('says what to do where there is no configuration', async () => {
    for (const command of [['start'], ['lint-config'], ['routes'], ['test']]) {
      const { code, stderr } = await run(...command);
      expect(code, command.join(' ')).to.equal(3);
      expect(stderr).to.include('there is no ./gateway.yaml and no ./config/gateway.yaml here');
    }
  });

  it('runs for development without a file, and takes a webhook', async () => {
    const dev = gateway('dev', '--port', '0');
    await dev.says(/simulate send/);
    expect((await run('simulate', 'send', '--type', 'charge.refunded')).code).to.equal(0);
    await dev.says(/200 {2}stripe {2}charge\.refunded {2}evt_\S+ → webhooks\.stripe\.charge/);
    dev.kill('SIGTERM');
    expect((await dev.ended()).code).to.equal(0);
    expect(
      readdirSync(directory.path).filter((name) => !/^(node_modules|package.*|webhook-gateway.*\.tgz)$/.test(name)),
    ).to.deep.equal(['data']);
  });

  it('writes a configuration that lints clean, tests that pass, and starts with it', async () => {
    const init = spawnSync(
      'npx',
      ['--no-install', 'webhook-gateway', 'init', '--provider', 'stripe,adyen,paypal', '--compose'],
      { cwd: directory.path, encoding: 'utf8' },
    );
    expect(init.status, init.stderr).to.equal(0);
    expect(init.stdout).to.match(
      /^Written:\n {2}gateway\.yaml\n[\s\S]*Next: {2}docker compose up -d\n +npx webhook-gateway dev\n/,
    );
    const config = readFileSync(join(directory.path, 'gateway.yaml'), 'utf8');
    expect(config).to.match(
      /^# yaml-language-server: \$schema=node_modules\/webhook-gateway\/schemas\/gateway\.schema\.json$/m,
    );
    expect(statSync(join(directory.path, '.env')).mode & 0o777).to.equal(0o600);
    const linted = await run('lint-config', '--strict');
    expect(linted).to.deep.equal({ code: 0, stdout: '', stderr: 'gateway.yaml: no faults\n' });
    const tested = await run('test');
    expect(tested.code, tested.stdout).to.equal(0);
    expect(tested.stdout).to.match(/tests\/stripe\.yaml: 2 passed\n[\s\S]*\n\d+ passed, 0 failed\n$/);

    writeFileSync(
      join(directory.path, '.env'),
      `${readFileSync(join(directory.path, '.env'), 'utf8')}GATEWAY_LISTEN=127.0.0.1:0\nGATEWAY_ADMIN_LISTEN=127.0.0.1:0\n`,
    );
    const start = gateway('start', '--json');
    const { url } = JSON.parse((await start.says(/^\{.*\}$/m))[0]);
    const sent = await run('simulate', 'send', '--type', 'charge.refunded', '--url', url);
    expect(sent.code, sent.stderr).to.equal(0);
    start.kill('SIGTERM');
    expect((await start.ended()).code).to.equal(0);
  });

  it('overwrites nothing unless it is told to, and no secret even then', async () => {
    const env = readFileSync(join(directory.path, '.env'), 'utf8');
    writeFileSync(join(directory.path, 'gateway.yaml'), '# mine\n');
    const refused = await run('init', '--provider', 'stripe');
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.equal(
      'gateway.yaml, .env.example, tests/stripe.yaml are there already, and nothing was written: --force overwrites\n',
    );
    expect(readFileSync(join(directory.path, 'gateway.yaml'), 'utf8')).to.equal('# mine\n');
    expect((await run('init', '--provider', 'stripe', '--force')).code).to.equal(0);
    expect(readFileSync(join(directory.path, 'gateway.yaml'), 'utf8')).to.include('provider: stripe');
    expect(readFileSync(join(directory.path, '.env'), 'utf8')).to.equal(env);
    rmSync(join(directory.path, 'tests'), { recursive: true });
  });
});
