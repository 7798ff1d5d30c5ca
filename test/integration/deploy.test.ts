import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { StoredRecord } from '../../src/publish/read.js';
import { findFreePorts } from '../support/kafka.js';
import { type ComposeBroker, startBroker } from './deploy/broker.js';
import { type Compose, readCompose } from './deploy/compose.js';
import { Container } from './deploy/container.js';
import { type Built, buildImage } from './deploy/image.js';
import { expectContract } from './gateway/contract.js';
import { renameTopics } from './gateway/running.js';
import { administer, makeSettings, readAll } from './publish/helpers.js';
import { describeKafka, getKafka } from './shared-kafka.js';

const context = fileURLToPath(new URL('../..', import.meta.url));
const secret = 'whsec_rT2yHq8PzK5v';
const compose: Compose = readCompose(join(context, 'deploy/compose.yaml'), { STRIPE_WEBHOOK_SECRET: secret });
const { 'kafka-broker': kafka, gateway, simulator, prometheus, grafana } = compose.services;

/** There need be no container engine: what the files say is done in folders, with processes. */
describeKafka('the containers', () => {
  const prefix = `deploy${randomUUID().slice(0, 8)}`;
  let broker: ComposeBroker;
  let built: Built;
  let port: number;
  let running: Container;

  before(async function () {
    this.timeout(300_000);
    [broker, built, [port = 0]] = await Promise.all([
      findBroker(),
      buildImage(context, 'deploy/Dockerfile'),
      findFreePorts(1),
    ]);
    edit('config/gateway.yaml', (text) => renameTopics(text, prefix).replace('0.0.0.0:8000', `127.0.0.1:${port}`));
    edit('config/gateway.yaml', (text) => text.replace('127.0.0.1:8001', '127.0.0.1:0'));
    edit('plugins/stripe/plugin.yaml', (text) => renameTopics(text, prefix));
  });
  after(async () => {
    if (running?.running) running.kill('SIGKILL');
    await broker?.stop();
    built?.remove();
  });

  /** The one of the compose file, unless the tests were told of another. */
  async function findBroker(): Promise<ComposeBroker> {
    const { own, brokers } = getKafka();
    return own ? startBroker(kafka) : { address: brokers.join(','), stop: async () => undefined };
  }
  function edit(name: string, change: (text: string) => string): void {
    const file = join(built.image.root, built.image.workdir, name);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  }
  function start(command = built.image.command): Container {
    const env = { ...gateway.environment, KAFKA_BOOTSTRAP_SERVERS: broker.address };
    return new Container(built.image, [...built.image.entrypoint, ...command], env);
  }
  async function isHealthy(): Promise<boolean> {
    const command = built.image.health.map((part) => part.replace(':8000', `:${port}`));
    return (await new Container(built.image, command, gateway.environment).ended()) === 0;
  }
  async function stored(): Promise<StoredRecord[]> {
    const brokers = broker.address.split(',');
    const topics = (await administer(brokers, (admin) => admin.listTopics())).filter((topic) =>
      topic.startsWith(prefix),
    );
    return readAll(makeSettings(brokers), ...topics);
  }

  it('have what the gateway needs, and nothing to build or test with', () => {
    const at = (path: string) => existsSync(join(built.image.root, built.image.workdir, path));
    const there = [
      'dist/cli/commands/start.js',
      'node_modules/kafkajs',
      'plugins/stripe/plugin.yaml',
      'oclif.manifest.json',
    ];
    const not = ['src', 'test', 'bin/dev.js', 'node_modules/mocha', 'node_modules/typescript', 'node_modules/tsx'];
    expect([...there, ...not].filter(at)).to.deep.equal(there);
    expect(built.image.user).not.to.equal('root');
    expect(built.image.env.NODE_ENV).to.equal('production');
  });

  it('start the gateway, which gets healthy', async () => {
    expect(await isHealthy()).to.equal(false);
    running = start();
    while (!(await isHealthy())) expect(running.running, running.output).to.equal(true);
  });

  it('run the simulator, whose webhooks are in Kafka', async () => {
    const command = (simulator.command ?? []).map((part) =>
      part.replace('http://gateway:8000', `http://127.0.0.1:${port}`).replace('3600', '2'),
    );
    const sender = start(command);
    expect(await sender.ended(), sender.output).to.equal(0);
    expect(sender.output).to.match(/^accepted +10$/m);
    const records = await stored();
    expect(records).to.have.length(10);
    for (const record of records) {
      expectContract(record);
      expect(record.topic).not.to.equal(`${prefix}.dlq`);
    }
  });

  it('stop the gateway within the grace period, with exit code 0', async () => {
    const started = performance.now();
    running.kill('SIGTERM');
    expect(await running.ended(), running.output).to.equal(0);
    expect(performance.now() - started).to.be.below(seconds(gateway.stop_grace_period) * 1000);
    expect(running.output).to.include('"msg":"stopped"').and.not.to.include(secret);
  });
});

describe('deploy/compose.yaml', () => {
  const config = parse(readFileSync(join(context, 'config/gateway.yaml'), 'utf8'));
  const dockerfile = readFileSync(join(context, 'deploy/Dockerfile'), 'utf8');

  it('sends the simulator only when asked, with the same image and secret', () => {
    expect(simulator.profiles).to.deep.equal(['simulator']);
    expect([gateway.profiles, kafka.profiles]).to.deep.equal([undefined, undefined]);
    expect(simulator.image).to.equal(gateway.image);
    expect(simulator.environment).to.deep.equal(gateway.environment);
    expect(simulator.healthcheck).to.deep.equal({ disable: true });
  });

  it('requires the secret, and no other variable', () => {
    const names = [...compose.text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
    expect(new Set(names)).to.deep.equal(new Set(['STRIPE_WEBHOOK_SECRET', 'DEBUG']));
    expect(() => readCompose(join(context, 'deploy/compose.yaml'), {})).to.throw('STRIPE_WEBHOOK_SECRET');
  });

  it('gives the gateway every variable that its configuration reads', () => {
    const text = readFileSync(join(context, 'config/gateway.yaml'), 'utf8').replace(/^\s*#.*$|\s#.*$/gm, '');
    const names = [...text.matchAll(/\$\{(\w+)|env: (\w+)/g)].map(([, variable, secretName]) => variable ?? secretName);
    expect(Object.keys(gateway.environment)).to.have.members([...new Set(names)]);
    expect(config.kafka.brokers).to.include(`:-${gateway.environment.KAFKA_BOOTSTRAP_SERVERS}}`);
  });

  it('has one name for each host and port', () => {
    const [host, port] = (gateway.environment.KAFKA_BOOTSTRAP_SERVERS ?? '').split(':');
    expect(Object.keys(compose.services)).to.include(host);
    expect(kafka.environment.KAFKA_ADVERTISED_LISTENERS).to.include(`PLAINTEXT://${host}:${port}`);
    const listening = config.server.listen.split(':')[1];
    expect(dockerfile).to.include(`EXPOSE ${listening}\n`).and.to.include(`http://127.0.0.1:${listening}/health`);
    expect(gateway.ports).to.deep.equal([`${listening}:${listening}`]);
    expect(simulator.command).to.include(`http://gateway:${listening}`);
    expect(gateway.depends_on).to.have.nested.property(`${host}.condition`, 'service_healthy');
    expect(simulator.depends_on).to.have.nested.property('gateway.condition', 'service_healthy');
  });

  it('waits longer for the gateway to stop than the gateway for its requests', () => {
    const { shutdownDelay, drain } = config.server;
    expect(seconds(gateway.stop_grace_period)).to.be.above(seconds(shutdownDelay) + seconds(drain) + 4);
  });

  it('has Prometheus where the metrics are, with the rules, and Grafana with the dashboard', async () => {
    for (const service of [prometheus, grafana]) {
      expect(service.profiles).to.deep.equal(['observe']);
      expect(service.image).to.match(/:v?\d+\.\d+\.\d+$/);
    }
    for (const mount of [...(prometheus.volumes ?? []), ...(grafana.volumes ?? [])]) {
      const [file = ''] = mount.split(':');
      if (file.startsWith('.')) expect(existsSync(join(context, 'deploy', file)), file).to.equal(true);
      else expect(Object.keys(compose.volumes)).to.include(file);
    }
    const scraped = parse(readFileSync(join(context, 'deploy/observability/prometheus.yaml'), 'utf8'));
    expect(prometheus.network_mode).to.equal('service:gateway');
    expect(scraped.scrape_configs[0].static_configs[0].targets).to.deep.equal([config.admin.listen]);
    expect(prometheus.volumes).to.include(`./observability/rules.yaml:${scraped.rule_files[0]}:ro`);
    const { datasources } = parse(readFileSync(join(context, 'deploy/observability/grafana/datasource.yaml'), 'utf8'));
    expect(datasources[0]).to.include({ type: 'prometheus', url: 'http://gateway:9090', isDefault: true });
    const { providers } = parse(readFileSync(join(context, 'deploy/observability/grafana/dashboards.yaml'), 'utf8'));
    expect(grafana.environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH).to.match(
      new RegExp(`^${providers[0].options.path}/`),
    );
    expect(grafana.ports).to.deep.equal(['127.0.0.1:3000:3000']);
  });

  it("keeps Kafka's data in the volume", () => {
    const [volume, path] = kafka.volumes?.[0]?.split(':') ?? [];
    expect(Object.keys(compose.volumes)).to.include(volume);
    expect(kafka.environment.KAFKA_LOG_DIRS).to.equal(path);
  });
});

function seconds(text: string | undefined): number {
  const [, number] = /^(\d+)s$/.exec(text ?? '') ?? [];
  return Number(number);
}
