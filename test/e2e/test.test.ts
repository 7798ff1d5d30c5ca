import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Cli, type Ended, embeddedConfig, makeDirectory } from './cli.js';

const good = `# ours
version: 1
endpoint: stripe
cases:
  - name: a refund goes to its topic
    given: { example: charge.refunded }
    expect:
      topic: webhooks.stripe.charge # the one
`;

describe('gateway test, of a configuration', () => {
  // There is no secret: none is needed.
  const directory = makeDirectory({ 'config/gateway.yaml': embeddedConfig(), 'config/tests/stripe.yaml': good });
  const file = join(directory.path, 'config/tests/stripe.yaml');
  const bad = good.replace('stripe.charge #', 'stripe.chrge #');
  after(() => directory.remove());

  function test(...args: string[]): Promise<Ended> {
    return new Cli(directory.path, ['test', 'stripe', ...args]).ended();
  }

  it('says what differs and where, and exits with 1', async () => {
    expect(await test()).to.include({ code: 0, stderr: '' });
    writeFileSync(file, bad);
    const { code, stdout } = await test();
    expect(code).to.equal(1);
    expect(stdout).to.contain(
      `FAILED config/tests/stripe.yaml:5: a refund goes to its topic
  topic  config/tests/stripe.yaml:8:14
    expected  "webhooks.stripe.chrge"
    actual    "webhooks.stripe.charge"

`,
    );
    const { failed, tests } = JSON.parse((await test('--json')).stdout);
    expect([failed, tests[0].cases[0].differences[0].field]).to.deep.equal([1, 'topic']);
    const junit = await test('--format', 'junit');
    expect(junit.stdout)
      .to.match(/^<\?xml/)
      .and.to.contain('<testsuite name="config/tests/stripe.yaml" tests="1" failures="1">');
  });

  it('writes what is into the expectations, comments and all', async () => {
    writeFileSync(file, bad);
    expect((await test('--update')).code).to.equal(0);
    expect(readFileSync(file, 'utf8')).to.equal(good);
  });

  it('exits with 1 where a file of tests has faults, and says which', async () => {
    writeFileSync(file, good.replace('given:', 'givn:'));
    const { code, stderr } = await test();
    expect(code).to.equal(1);
    expect(stderr).to.contain('config/tests/stripe.yaml:6:5').and.to.contain('did you mean "given"?');
    writeFileSync(file, good);
  });

  it('runs again what changed, until it is interrupted', async () => {
    const cli = new Cli(directory.path, ['test', 'stripe', '--watch']);
    await cli.says(/watching…/);
    writeFileSync(file, bad);
    await cli.says(/FAILED config\/tests\/stripe\.yaml:5[\s\S]*watching…/);
    writeFileSync(file, good);
    await cli.says(/FAILED[\s\S]*config\/tests\/stripe\.yaml: 1 passed[\s\S]*watching…/);
    cli.kill('SIGINT');
    expect((await cli.ended()).code).to.equal(130);
  });
});
