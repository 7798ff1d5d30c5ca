import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Cli, makeDirectory } from '../e2e/cli.js';
import { startKafka, type TestKafka } from '../support/kafka.js';
import { fencesOf, root } from './fences.js';

const program = 'npx webhook-gateway ';

/** Lines of `sh` fences that something else runs, and what. */
const elsewhere: ReadonlyMap<string, string> = new Map([
  ['npm ci && npm start', 'the gateway below is what it starts'],
  ['npm ci && npm test', 'it runs this test'],
]);

/** Pages whose commands belong together, and have a test of their own. */
const tested: ReadonlySet<string> = new Set(['docs/start.md', 'docs/local-development.md', 'docs/troubleshooting.md']);

const fences = fencesOf('sh').filter(({ page }) => !tested.has(page));
const lines = fences.flatMap(({ page, text }) =>
  text
    .trim()
    .split('\n')
    .map((line) => ({ page, line })),
);
/** The README's four lines about Kafka belong together. */
const first = lines.findIndex(({ line }) => line.startsWith('export KAFKA_BOOTSTRAP_SERVERS='));
const withKafka = lines.slice(first, first + 4).map(({ line }) => line);
const withGateway = lines.filter(
  ({ line }, index) => line.startsWith(program) && !(index >= first && index < first + 4),
);

describe('the commands of the documentation', () => {
  const directory = makeDirectory({});
  before(() => {
    for (const folder of ['config', 'plugins', 'schemas']) {
      cpSync(join(root, folder), join(directory.path, folder), { recursive: true });
    }
  });
  after(() => directory.remove());

  it('are all run', () => {
    const run = new Set([...withGateway.map(({ line }) => line), ...withKafka, ...elsewhere.keys()]);
    expect(lines.filter(({ line }) => !run.has(line))).to.deep.equal([]);
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(scripts).to.have.property('test');
    expect(scripts.start).to.equal('node bin/run.js dev');
  });

  describe('beside the gateway of npm start', () => {
    let gateway: Cli;
    before(async () => {
      const dev = join(directory.path, 'config/dev.yaml');
      writeFileSync(dev, readFileSync(dev, 'utf8').replaceAll(/127\.0\.0\.1:800[01]/g, '127.0.0.1:0'));
      gateway = new Cli(directory.path, ['dev']);
      await gateway.says(/npx webhook-gateway simulate send/);
    });
    after(async () => {
      gateway.kill('SIGTERM');
      expect((await gateway.ended()).code).to.equal(0);
    });

    for (const command of new Set(withGateway.map(({ line }) => line))) {
      it(command, async () => {
        const { code, stderr } = await new Cli(directory.path, command.slice(program.length).split(' ')).ended();
        expect(code, stderr).to.equal(0);
      });
    }
  });

  describe('with Kafka', () => {
    let kafka: TestKafka | undefined;
    before(async () => {
      kafka = await startKafka();
    });
    after(() => kafka?.stop());

    it(withKafka.join(' && '), async () => {
      if (kafka === undefined) return;
      const exported = Object.fromEntries(
        withKafka.filter((line) => line.startsWith('export ')).map((line) => line.slice('export '.length).split('=')),
      );
      expect(Object.keys(exported)).to.deep.equal(['KAFKA_BOOTSTRAP_SERVERS', 'STRIPE_WEBHOOK_SECRET']);
      const real = { ...exported, KAFKA_BOOTSTRAP_SERVERS: kafka.brokers.join(',') };
      const production = join(directory.path, 'config/gateway.yaml');
      const text = readFileSync(production, 'utf8');
      writeFileSync(production, text.replace('0.0.0.0:8000', '127.0.0.1:0').replace('127.0.0.1:8001', '127.0.0.1:0'));
      const [lint, start] = withKafka
        .filter((line) => line.startsWith('npx'))
        .map((line) => line.slice(program.length).split(' '));
      expect((await new Cli(directory.path, lint ?? [], real).ended()).code).to.equal(0);
      const gateway = new Cli(directory.path, start ?? [], real);
      await gateway.says(/connected to Kafka/);
      const [, url = ''] = await gateway.says(/"url":"(http:[^"]+)"/);
      const send = ['simulate', 'send', '--type', 'charge.refunded', '--url', url];
      const sent = await new Cli(directory.path, send, real).ended();
      expect(sent.code, sent.stderr).to.equal(0);
      gateway.kill('SIGTERM');
      expect((await gateway.ended()).code).to.equal(0);
    });
  });
});
