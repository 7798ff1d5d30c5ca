import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { initFiles } from '../../../src/cli/init/files.js';
import { writeInitFiles } from '../../../src/cli/init/write.js';
import { openOwnPlugins, splitProviders } from '../../../src/cli/own-plugins.js';
import { loadConfig } from '../../../src/config/load.js';
import { ownPlugins } from '../../../src/config/plugin-folders.js';
import { Failure } from '../../../src/exit.js';
import { runCasebook } from '../../../src/testing/cases/run.js';
import { lint } from '../../../src/testing/lint/lint.js';

const here = process.cwd();

describe('gateway init', () => {
  let directory: string;
  beforeEach(() => {
    directory = realpathSync(mkdtempSync(join(tmpdir(), 'gateway-init-')));
    process.chdir(directory);
  });
  afterEach(() => {
    process.chdir(here);
    rmSync(directory, { recursive: true });
  });

  async function init(providers: readonly string[], kafka?: string, force = false): Promise<readonly string[]> {
    const plugins = await openOwnPlugins(providers);
    return writeInitFiles(await initFiles({ plugins, kafka, compose: false }, Date.now()), force);
  }

  /** As `process.loadEnvFile` reads it. */
  function readEnv(): { [name: string]: string } {
    const all = [...readFileSync('.env', 'utf8').matchAll(/^(\w+)=(?:"([^"]*)"|(.*))$/gm)];
    return Object.fromEntries(all.map(([, name = '', quoted, plain = '']) => [name, quoted ?? plain]));
  }

  it('writes for every plugin an endpoint that lints clean, and tests that pass', async () => {
    const all = readdirSync(ownPlugins, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    await init(all.map(({ name }) => name));
    const config = resolve('gateway.yaml');
    const env = readEnv();
    const { diagnostics } = await lint([{ config }], env, Date.now());
    expect(diagnostics).to.deep.equal([]);
    const { settings } = await loadConfig(config, env, Date.now());
    const { endpoints } = settings ?? expect.fail();
    expect(endpoints).to.have.length(all.length);
    const options = { endpoints, largest: 1024 * 1024, deadLetterTopic: 'webhooks.dlq', now: Date.now() };
    const books = await Promise.all(readdirSync('tests').map((name) => runCasebook(resolve('tests', name), options)));
    expect(
      books.flatMap(({ cases, diagnostics }) => [...diagnostics, ...cases.filter(({ passed }) => !passed)]),
    ).to.deep.equal([]);
    expect(books.length).to.be.greaterThan(all.length * 0.9);
  }).timeout(60_000);

  it('names brokers, and each variable in .env.example, of which .env has made-up values', async () => {
    expect(await init(['stripe', 'meta'], 'kafka-1:9092,kafka-2:9092')).to.deep.equal([
      ...['gateway.yaml', '.env.example', 'tests/stripe.yaml', 'tests/meta.yaml', '.env', '.gitignore'],
    ]);
    expect(readFileSync('gateway.yaml', 'utf8')).to.match(
      /brokers: \$\{KAFKA_BOOTSTRAP_SERVERS:-kafka-1:9092,kafka-2:9092\}$/m,
    );
    const example = readFileSync('.env.example', 'utf8');
    const names = ['STRIPE_WEBHOOK_SECRET', 'META_APP_SECRET', 'META_VERIFY_TOKEN'];
    for (const name of names) expect(example).to.match(new RegExp(`^${name}=$`, 'm'));
    expect(Object.keys(readEnv())).to.deep.equal(names);
    expect(statSync('.env').mode & 0o777).to.equal(0o600);
    expect(readFileSync('.gitignore', 'utf8')).to.equal('.env\ndata/\nnode_modules/\n');
  });

  it('adds to .env and .gitignore what they lack, and overwrites nothing else', async () => {
    writeFileSync('.env', 'STRIPE_WEBHOOK_SECRET=whsec_mine');
    writeFileSync('.gitignore', 'node_modules\n');
    await init(['stripe', 'adyen']);
    expect(readFileSync('.env', 'utf8')).to.match(/^STRIPE_WEBHOOK_SECRET=whsec_mine\nADYEN_WEBHOOK_SECRET=\S+\n$/);
    expect(readFileSync('.gitignore', 'utf8')).to.equal('node_modules\n.env\ndata/\n');
    writeFileSync('gateway.yaml', 'mine');
    const refused = await init(['github']).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(Failure).with.property('reason', 'negative');
    expect(readdirSync('tests')).to.deep.equal(['adyen.yaml', 'stripe.yaml']);
    await init(['github'], undefined, true);
    expect(readFileSync('gateway.yaml', 'utf8')).to.include('provider: github');
  });

  it('takes names with commas between them, each once, and knows which was meant', async () => {
    expect(splitProviders(['stripe, adyen', 'stripe'])).to.deep.equal(['stripe', 'adyen']);
    expect(() => splitProviders([' ,'])).to.throw(Failure, 'gateway plugins list');
    const wrong = await openOwnPlugins(['strip']).catch((error: unknown) => error);
    expect(wrong).to.be.instanceOf(Failure).with.property('message').that.includes('did you mean "stripe"?');
  });
});
