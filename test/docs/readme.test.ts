import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { runCasebook } from '../../src/casebook/run.js';
import { exitCodes } from '../../src/cli/failure.js';
import { loadConfig } from '../../src/config/load.js';
import { rejections } from '../../src/rejection.js';
import { metrics } from '../../src/telemetry/metrics.js';
import { Cli, makeDirectory } from '../e2e/cli.js';
import { startKafka, type TestKafka } from '../support/kafka.js';
import { fences, marked, replaceMarked } from './markdown.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const file = join(root, 'README.md');
const readme = readFileSync(file, 'utf8');
const blocks = fences(readme);

function of(language: string): readonly string[] {
  return blocks.filter((fence) => fence.language === language).map(({ text }) => text);
}

describe('README.md', () => {
  const secret = 'whsec_ZXhhbXBsZSBvZiB0aGUgUkVBRE1F';
  const env = { STRIPE_WEBHOOK_SECRET: secret, STRIPE_WEBHOOK_SECRET_PREVIOUS: secret, ACME_SECRET: 'acme-secret' };
  const directory = makeDirectory({});
  before(() => {
    for (const folder of ['config', 'plugins', 'schemas']) {
      cpSync(join(root, folder), join(directory.path, folder), { recursive: true });
    }
  });
  after(() => directory.remove());

  describe('its YAML', () => {
    const gateways = of('yaml').filter((text) => /^endpoints:/m.test(text));
    const plugins = of('yaml').filter((text) => /^signature:/m.test(text));

    const tests = of('yaml').filter((text) => /^cases:/m.test(text));

    it('is all gateway.yaml, plugin.yaml or tests', () => {
      expect(of('yaml')).to.have.length(gateways.length + plugins.length + tests.length);
      expect([gateways.length, plugins.length, tests.length]).to.deep.equal([2, 1, 1]);
    });

    it('passes: the tests', async () => {
      const file = join(directory.path, 'config/tests/readme.yaml');
      writeFileSync(file, tests[0] ?? '');
      const { settings } = await loadConfig(join(directory.path, 'config/gateway.yaml'), env, Date.now());
      const { endpoints = [] } = settings ?? {};
      const options = { endpoints, largest: 1024 * 1024, deadLetterTopic: 'webhooks.dlq', now: Date.now() };
      const { cases, diagnostics } = await runCasebook(file, options);
      expect(diagnostics).to.deep.equal([]);
      expect(cases.filter(({ passed }) => !passed)).to.deep.equal([]);
      expect(cases).to.have.length(2);
    });

    for (const [index, text] of gateways.entries()) {
      it(`lints clean: gateway.yaml ${index + 1}`, async () => {
        await expectClean(`gateway-${index}.yaml`, text);
      });
    }

    it('lints clean: the plugin with its schema, at an endpoint', async () => {
      const folder = join(directory.path, 'plugins/acme');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'plugin.yaml'), plugins[0] ?? '');
      writeFileSync(join(folder, 'event.schema.json'), of('json')[0] ?? '');
      await expectClean(
        'acme.yaml',
        'version: 1\nplugins: plugins\nembedded: { dir: data }\nendpoints:\n  - provider: acme\n    path: /webhooks/acme\n    secrets: [{ name: current, env: ACME_SECRET }]\n',
      );
    });

    async function expectClean(name: string, text: string): Promise<void> {
      const path = join(directory.path, name);
      writeFileSync(path, text);
      const { diagnostics, settings } = await loadConfig(path, env, Date.UTC(2026, 10, 1));
      expect(diagnostics).to.deep.equal([]);
      expect(settings?.endpoints).to.have.length(1);
    }
  });

  describe('its commands', () => {
    const commands = of('sh').flatMap((text) => text.trim().split('\n'));
    const withGateway = commands.filter((line) =>
      /^npx webhook-gateway (simulate|tap|routes|plugins|test|explain|config|schema|doctor|dlq|status|reload)/.test(
        line,
      ),
    );
    const withKafka = commands.slice(commands.findIndex((line) => line.startsWith('export'))).slice(0, 4);

    it('are all run here', () => {
      const npm = ['npm ci && npm start', 'npm ci && npm test'];
      expect(commands.filter((line) => ![...npm, ...withGateway, ...withKafka].includes(line))).to.deep.equal([]);
      const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
      // `npm test` is what runs this; `npm start` is what the next test runs.
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

      for (const command of withGateway) {
        it(command, async () => {
          const { code, stderr } = await new Cli(directory.path, command.split(' ').slice(2)).ended();
          expect([code, stderr]).to.deep.equal([0, command.includes('generate') ? stderr : '']);
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
          .map((line) => line.split(' ').slice(2));
        expect((await new Cli(directory.path, lint ?? [], real).ended()).code).to.equal(0);
        const gateway = new Cli(directory.path, start ?? [], real);
        await gateway.says(/connected to Kafka/);
        const [, url = ''] = await gateway.says(/"url":"(http:[^"]+)"/);
        const sent = await new Cli(
          directory.path,
          ['simulate', 'send', '--type', 'charge.refunded', '--url', url],
          real,
        ).ended();
        expect([sent.code, sent.stderr]).to.deep.equal([0, '']);
        gateway.kill('SIGTERM');
        expect((await gateway.ended()).code).to.equal(0);
      });
    });
  });

  describe('its tables', () => {
    it('have the rejections as src/rejection.ts has them', () => {
      const rows = Object.entries(rejections)
        .filter(([, { letter }]) => letter !== 'none')
        .map(([code, { stage, meaning }]) => `| \`${code}\` | ${stage} | ${meaning} |\n`);
      const table = `| reason | stage | |\n|---|---|---|\n${rows.join('')}`;
      if (process.env.UPDATE === '1') writeFileSync(file, replaceMarked(readme, 'rejections', table));
      else expect(marked(readme, 'rejections')).to.equal(table);
    });

    it('have the metrics as src/telemetry/metrics.ts has them', () => {
      const rows = Object.entries(metrics).map(
        ([name, { labels, help }]) => `| \`${name}${labels.length > 0 ? `{${labels.join(',')}}` : ''}\` | ${help} |\n`,
      );
      const table = `| metric | |\n|---|---|\n${rows.join('')}`;
      const now = readFileSync(file, 'utf8');
      if (process.env.UPDATE === '1') writeFileSync(file, replaceMarked(now, 'metrics', table));
      else expect(marked(now, 'metrics')).to.equal(table);
    });

    it('have every exit code', () => {
      const listed = [...readme.slice(readme.indexOf('| exit code |')).matchAll(/^\| (\d+) \| /gm)].map(([, code]) =>
        Number(code),
      );
      expect(listed).to.deep.equal([0, ...Object.values(exitCodes)]);
    });
  });

  it('names only files that are there', () => {
    for (const [, path = ''] of readme.matchAll(/\]\(([^)#]+)\)/g)) {
      if (!path.startsWith('http')) expect(existsSync(join(root, path)), path).to.equal(true);
    }
  });
});
