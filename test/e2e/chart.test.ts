import { execFile } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { loadConfig } from '../../src/config/load.js';
import { findFaults } from '../support/kubernetes/validate.js';
import { describeWith } from '../support/tool.js';
import { Cli, makeDirectory } from './cli.js';
import { secret } from './stripe.js';

const deploy = join(import.meta.dirname, '../../deploy');
const chart = join(deploy, 'helm/webhook-gateway');
const rendered = readFileSync(join(deploy, 'kubernetes/webhook-gateway.yaml'), 'utf8');
const run = promisify(execFile);

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: { readonly [name: string]: string };
  readonly spec?: { readonly template?: { readonly spec: Pod } };
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly {
    readonly args: readonly string[];
    readonly env: readonly { readonly name: string; readonly value: string }[];
    readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
    readonly startupProbe: Probe;
    readonly livenessProbe: Probe;
    readonly readinessProbe: Probe;
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
}

function manifestsOf(text: string): readonly Manifest[] {
  return parseAllDocuments(text).flatMap((document): Manifest[] => {
    expect(document.errors).to.deep.equal([]);
    return document.toJS() ?? [];
  });
}

/** What the API server would refuse, with unknown fields. */
function faultsOf(manifests: readonly Manifest[]): readonly string[] {
  return manifests.flatMap((manifest) => {
    const { apiVersion, kind, metadata } = manifest;
    return findFaults(`${apiVersion} ${kind}`, manifest).map((fault) => `${kind} ${metadata.name}${fault}`);
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('the manifests for Kubernetes', () => {
  const manifests = manifestsOf(rendered);
  const pod = manifests.find(({ kind }) => kind === 'StatefulSet')?.spec?.template?.spec;
  const [container] = pod?.containers ?? [];
  const config = manifests.find(({ kind }) => kind === 'ConfigMap')?.data?.['gateway.yaml'] ?? '';

  it('start a gateway whose probes answer, though Kafka is unavailable', async () => {
    const ports = { 8000: await freePort(), 8001: await freePort(), 8002: await freePort() };
    const directory = makeDirectory({});
    const here = config
      .replaceAll(
        /\b(?:0\.0\.0\.0|127\.0\.0\.1):(800[012])\b/g,
        (_, port: keyof typeof ports) => `127.0.0.1:${ports[port]}`,
      )
      .replaceAll('/data/', `${directory.path}/data/`);
    const inside = makeDirectory({ 'gateway.yaml': here });
    const env = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
    const cli = new Cli(inside.path, container?.args ?? [], {
      ...env,
      GATEWAY_CONFIG: join(inside.path, 'gateway.yaml'),
      KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${await freePort()}`,
      STRIPE_WEBHOOK_SECRET: secret,
    });
    try {
      await cli.says(/listening/);
      const { startupProbe, livenessProbe, readinessProbe } = container ?? {};
      for (const probe of [startupProbe, livenessProbe, readinessProbe]) {
        expect(probe?.httpGet.port).to.equal('probes');
        const answer = await fetch(`http://127.0.0.1:${ports[8002]}${probe?.httpGet.path}`);
        expect(answer.status, probe?.httpGet.path).to.equal(200);
      }
      const named = container?.ports.map(({ name, containerPort }) => [name, containerPort]);
      expect(named).to.deep.equal([
        ['http', 8000],
        ['probes', 8002],
      ]);
    } finally {
      cli.kill('SIGKILL');
      await cli.ended();
      directory.remove();
      inside.remove();
    }
  });

  it('leave the gateway the time to stop that it takes', () => {
    const [, delay] = /shutdownDelay: (\d+)s/.exec(config) ?? [];
    const [, drain] = /drain: (\d+)s/.exec(config) ?? [];
    expect(pod?.terminationGracePeriodSeconds).to.be.greaterThan(Number(delay) + Number(drain) + 4);
  });

  it('have a writable place for whatever the configuration writes, and no other', () => {
    const writable = container?.volumeMounts.filter(({ name }) => name !== 'config').map(({ mountPath }) => mountPath);
    expect(writable).to.deep.equal(['/data', '/tmp']);
    for (const [, dir = ''] of config.matchAll(/dir: (\S+)/g)) expect(dir).to.match(/^\/data\//);
  });

  it('have fields that Kubernetes knows, and no others', () => {
    expect(faultsOf(manifests)).to.deep.equal([]);
    expect(manifests).to.have.length.above(5);
  });

  const typos: readonly (readonly [string, string, string])[] = [
    ['readOnlyRootFilesystem', 'readOnlyRootFileSystem', 'securityContext: unknown field readOnlyRootFileSystem'],
    ['maxUnavailable: 1', 'maxUnavailabel: 1', '/spec: unknown field maxUnavailabel'],
    [
      'containerPort: 8000',
      'containerPort: http',
      '/spec/template/spec/containers/0/ports/0/containerPort: must be integer',
    ],
    ['serviceAccountName:', 'serviceAccount_Name:', '/spec/template/spec: unknown field serviceAccount_Name'],
  ];
  for (const [right, wrong, fault] of typos) {
    it(`would be found out with ${wrong}`, () => {
      expect(rendered).to.contain(right);
      expect(faultsOf(manifestsOf(rendered.replace(right, wrong))).join('\n')).to.contain(fault);
    });
  }

  it('have the rules of deploy/observability in the chart', () => {
    const rules = (folder: string) => readFileSync(join(folder, 'rules.yaml'), 'utf8');
    expect(rules(join(chart, 'files'))).to.equal(rules(join(deploy, 'observability')));
  });
});

describeWith(['helm'], 'the chart, by helm', (helm) => {
  const values = readdirSync(join(chart, 'ci'));

  it('gives the manifests for Kubernetes', async () => {
    const options = ['-f', join(deploy, 'kubernetes/values.yaml')];
    const { stdout } = await run(helm, ['template', 'webhook-gateway', chart, ...options]);
    expect(manifestsOf(stdout)).to.deep.equal(manifestsOf(rendered));
  });

  for (const file of values) {
    it(`renders with ${file}`, async () => {
      const options = ['-f', join(chart, 'ci', file)];
      await run(helm, ['lint', '--strict', chart, ...options]);
      const { stdout } = await run(helm, ['template', 'hooks', chart, '--namespace', 'payments', ...options]);
      const all = manifestsOf(stdout);
      expect(faultsOf(all)).to.deep.equal([]);
      for (const { kind, metadata } of all) expect(`${kind} ${metadata.name}`).to.match(/ hooks(-pods)?$/);
    });
  }

  it('gives the gateway the password of Redis as a file, and a way to it', async () => {
    const options = ['-f', join(chart, 'ci/redis-values.yaml')];
    const { stdout } = await run(helm, ['template', 'hooks', chart, ...options]);
    const all = manifestsOf(stdout);
    const text = all.find(({ kind }) => kind === 'ConfigMap')?.data?.['gateway.yaml'] ?? '';
    const file = /password:\s+file: (\S+)/.exec(text)?.[1] ?? '';
    const pod = all.find(({ kind }) => kind === 'StatefulSet')?.spec?.template?.spec;
    const mounts = pod?.containers[0]?.volumeMounts.map(({ mountPath }) => mountPath) ?? [];
    expect(mounts.some((path) => file.startsWith(`${path}/`))).to.equal(true);
    expect(JSON.stringify(all.find(({ kind }) => kind === 'NetworkPolicy'))).to.contain('"port":6380');
    const directory = makeDirectory({ 'gateway.yaml': text.replace(file, 'password'), password: 'right' });
    const environment = { KAFKA_BOOTSTRAP_SERVERS: 'kafka:9092', STRIPE_WEBHOOK_SECRET: secret };
    const { diagnostics } = await loadConfig(join(directory.path, 'gateway.yaml'), environment, Date.now());
    directory.remove();
    expect(diagnostics).to.deep.equal([]);
  });

  it('would be found out with a typo in a template', async () => {
    const directory = makeDirectory({});
    const copy = join(directory.path, 'webhook-gateway');
    cpSync(chart, copy, { recursive: true });
    const template = join(copy, 'templates/workload.yaml');
    const text = readFileSync(template, 'utf8');
    const wrong = text.replace('podManagementPolicy:', 'podManagement:');
    expect(wrong).not.to.equal(text);
    writeFileSync(template, wrong);
    const { stdout } = await run(helm, ['template', 'hooks', copy]);
    directory.remove();
    expect(faultsOf(manifestsOf(stdout))).to.deep.equal(['StatefulSet hooks/spec: unknown field podManagement']);
  });

  it('refuses a grace period that is too short', async () => {
    const short = ['--set', 'shutdown.gracePeriodSeconds=29'];
    const failed = await run(helm, ['template', 'hooks', chart, ...short]).catch((error: unknown) => error);
    expect(String(failed)).to.contain('must be above delaySeconds + drainSeconds + 4 s for closing: 29');
  });
});
