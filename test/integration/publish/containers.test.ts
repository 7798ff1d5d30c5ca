import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Cli, makeDirectory, plugins } from '../../e2e/cli.js';
import { postStripe, secret } from '../../e2e/stripe.js';
import { describeKafka, getKafka } from '../shared-kafka.js';
import { makeSettings, nameTopic, readAll } from './helpers.js';

/** What makes a process see only itself and its children, as a container does. */
const ownPids = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
const canUnshare = spawnSync('unshare', [...ownPids.slice(1), 'true']).status === 0;
const records = 30;

describeKafka('two gateways in two PID namespaces on one volume', () => {
  if (!canUnshare) {
    it('are not tried: only root may make a PID namespace', () => {
      expect(process.getuid?.()).not.to.equal(0);
    });
    return;
  }

  const topic = nameTopic('containers');
  const directory = makeDirectory({ 'data/stripe.secret': secret });
  after(() => directory.remove());

  function start(config: string): Cli {
    return new Cli(directory.path, ['start', config, '--json'], {}, ownPids);
  }

  /** What runs within the namespace gets the signal; who made it does not pass it on. */
  async function stop(cli: Cli): Promise<number | null> {
    const [child] = readFileSync(`/proc/${cli.pid}/task/${cli.pid}/children`, 'utf8').trim().split(' ');
    process.kill(Number(child), 'SIGTERM');
    return (await cli.ended()).code;
  }

  function configOf(brokers: readonly string[]): string {
    return `version: 1
server: { listen: "127.0.0.1:0", drain: 5s }
plugins: ${plugins}
kafka: { brokers: ${JSON.stringify(brokers)} }
spool: { dir: ${join(directory.path, 'data/spool')} }
dedupe: { window: 0s }
endpoints:
  - provider: stripe
    path: /webhooks/stripe
    secrets: [{ name: current, file: ${join(directory.path, 'data/stripe.secret')} }]
    routes: [{ topic: ${topic} }]
`;
  }

  it('the second is refused with 4, and all that the first acknowledged is delivered by the next', async () => {
    writeFileSync(join(directory.path, 'away.yaml'), configOf(['127.0.0.1:1']));
    writeFileSync(join(directory.path, 'there.yaml'), configOf(getKafka().brokers));
    const first = start('away.yaml');
    const { url }: { url: string } = JSON.parse((await first.says(/^\{.*\}$/m))[0]);
    const second = start('away.yaml');
    for (let n = 0; n < records; n++) expect(await postStripe(url, `evt_${n}`)).to.equal(200);
    const refused = await second.ended();
    expect(refused.code).to.equal(4);
    expect(refused.stderr + refused.stdout).to.match(
      /spool\/0 is in use by process \d+ on \S+ since \S+: stop that gateway/,
    );
    expect(await postStripe(url, 'evt_last')).to.equal(200);
    expect(await stop(first)).to.equal(0);

    const third = start('there.yaml');
    await third.says(/^\{.*\}$/m);
    const ids = new Set<string>();
    for (let tries = 0; ids.size <= records && tries < 100; tries++) {
      for (const { headers } of await readAll(makeSettings(getKafka().brokers), topic)) ids.add(headers.ce_id ?? '');
    }
    expect(ids.size).to.equal(records + 1);
    expect(await stop(third)).to.equal(0);
  }).timeout(120_000);
});
