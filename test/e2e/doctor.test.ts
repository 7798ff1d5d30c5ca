import { expect } from 'chai';
import { Cli, type Ended, embeddedConfig, makeDirectory, plugins } from './cli.js';
import { configOf, start } from './running.js';
import { secret } from './stripe.js';

const kafka = `version: 1
server: { listen: "127.0.0.1:0" }
plugins: ${plugins}
kafka: { brokers: "127.0.0.1:1" }
endpoints:
  - { provider: stripe, path: /webhooks/stripe, secrets: [{ name: current, file: ../data/strange.secret }] }
`;

describe('gateway doctor', () => {
  const directory = makeDirectory({
    'config/gateway.yaml': embeddedConfig(),
    'config/kafka.yaml': kafka,
    'config/broken.yaml': 'version: 1\n',
    'data/stripe.secret': secret,
    'data/strange.secret': 'abcdef',
    'config/wrong.yaml': kafka.replace('strange.secret', 'wrong.secret'),
    'data/wrong.secret': 'sk_live_51abcdef',
  });
  after(() => directory.remove());

  function doctor(...args: string[]): Promise<Ended> {
    return new Cli(directory.path, ['doctor', ...args]).ended();
  }

  it('finds a sound machine sound, and asks the gateway at its URL', async () => {
    const running = await start(configOf(1));
    const { code, stdout, stderr } = await doctor('--url', `${running.url}/webhooks/stripe`);
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout).to.match(/^ok +versions: gateway \S+, Node\.js \S+$/m);
    expect(stdout).to.match(/^ok +secret stripe\.current: it is a signing secret/m);
    expect(stdout)
      .to.match(/^ok +url: the gateway answers/m)
      .and.to.match(/^ok +clock:/m);
    const elsewhere = await doctor('--url', `${running.url}/elsewhere`, '--json');
    const { checks } = JSON.parse(elsewhere.stdout);
    expect([elsewhere.code, checks.at(-2).message]).to.satisfy(
      ([status, text]: [number, string]) => status === 1 && /no endpoint of this path/.test(text),
    );
    running.cli.kill('SIGTERM');
    await running.cli.ended();
    running.directory.remove();
  });

  it('asks the provider only where it has a key', async () => {
    const { code, stdout } = await doctor('--provider', 'stripe');
    expect(code).to.equal(0);
    expect(stdout).to.match(/^unknown +provider stripe: it was not asked: STRIPE_API_KEY is not set$/m);
    const other = await doctor('--provider', 'adyen');
    expect([other.code, other.stderr]).to.deep.equal([
      2,
      '--provider adyen: no endpoint is for it; there are stripe\n',
    ]);
  });

  it('says what is wrong and what to do, by its exit code, too', async () => {
    const unreachable = await doctor('--config', 'config/kafka.yaml');
    expect(unreachable.code).to.equal(4);
    expect(unreachable.stdout).to.match(/^fail +kafka\.broker 127\.0\.0\.1:1: .*nothing listens there/m);
    expect(unreachable.stdout).to.match(/^warn +secret stripe\.current: it is not a signing secret/m);
    expect(unreachable.stdout).not.to.contain('abcdef');
    const wrong = await doctor('--config', 'config/wrong.yaml');
    expect(wrong.code).to.equal(1);
    expect(wrong.stdout).to.match(/^fail +config: config\/wrong\.yaml: 1 error/m);
    expect(wrong.stderr).to.match(
      /: it is an API key {2}\[secret-invalid\][\s\S]* = what is needed is a signing secret/,
    );
    expect(wrong.stdout + wrong.stderr).not.to.contain('abcdef');
    const broken = await doctor('--config', 'config/broken.yaml', '--json');
    expect(broken.code).to.equal(1);
    expect(JSON.parse(broken.stdout).checks.map(({ id }: { id: string }) => id)).to.deep.equal([
      'versions',
      'config',
      'url',
      'clock',
    ]);
    expect((await doctor('--url', 'hooks.example.com')).code).to.equal(2);
  });
});
