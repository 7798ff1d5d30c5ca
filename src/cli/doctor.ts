import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { GatewaySettings } from '../config/settings.js';
import { Failure } from '../exit.js';
import { type Finding, fail, ok, warning } from './doctor/finding.js';
import type { FoundSecret } from './doctor/secrets.js';
import { present, summarize } from './settings.js';

export interface DoctorReport {
  readonly findings: readonly Finding[];
  /** False: no broker of Kafka answers. */
  readonly reachable: boolean;
}

/**
 * Looks at all that a gateway with this configuration depends on. Nothing is written but a probe of the disk. `adminUrl`: where the
 * gateway that runs with it has its admin server, if the configuration does not tell. `provider`: one whose API is asked, too.
 */
export async function runChecks(
  file: string,
  { url, provider }: { readonly url?: string | undefined; readonly provider?: string | undefined },
  adminUrl?: string,
): Promise<DoctorReport> {
  const [{ loadConfig }, { examineUrl }, { packageRoot }] = await Promise.all([
    import('../config/load.js'),
    import('./doctor/url.js'),
    import('../util/package-root.js'),
  ]);
  const versions = await examineOwnVersions(packageRoot);
  const { settings, diagnostics, sources } = await loadConfig(file, process.env, Date.now());
  const outside = await examineUrl(url, Date.now);
  if (settings === undefined) {
    process.stderr.write(await present(diagnostics, sources, process.stderr));
    const config = fail('config', summarize(file, diagnostics), 'gateway lint-config says what and where');
    return { findings: [versions, config, ...outside], reachable: true };
  }
  const config =
    diagnostics.length === 0
      ? ok('config', summarize(file, diagnostics))
      : warning('config', summarize(file, diagnostics), 'gateway lint-config says what and where');
  const registered = provider === undefined ? [] : await examineProvider(provider, settings);
  const { findings, reachable } = await examineStore(settings);
  const inside = [
    ...(await examineSecrets(settings)),
    ...(await examineEdge(settings)),
    ...(await examineMachine(settings)),
    ...(await examineShared(settings)),
    ...(await examineSelf(file, adminUrl)),
  ];
  return { findings: [versions, config, ...inside, ...findings, ...registered, ...outside], reachable };
}

async function examineProvider(name: string, { endpoints }: GatewaySettings): Promise<readonly Finding[]> {
  const own = endpoints.filter(({ provider }) => provider.name === name);
  const [first] = own;
  if (first === undefined) {
    const there = [...new Set(endpoints.map(({ provider }) => provider.name))].join(', ');
    throw new Failure('usage', `--provider ${name}: no endpoint is for it; there are ${there}`);
  }
  const { examineSubscriptions } = await import('./doctor/subscriptions.js');
  return examineSubscriptions(name, first.provider.subscriptions, own, process.env);
}

async function examineOwnVersions(root: string): Promise<Finding> {
  const [{ examineVersions }, { readJson }] = await Promise.all([
    import('./doctor/machine.js'),
    import('../util/read-text.js'),
  ]);
  const { version = '', engines = {} }: { version?: string; engines?: { node?: string } } = await readJson(
    join(root, 'package.json'),
  );
  return examineVersions(process.versions.node, version, engines.node ?? '');
}

async function examineStore({ publisher, topics, limits }: GatewaySettings): Promise<DoctorReport> {
  if (publisher.kind === 'embedded') {
    return { findings: [ok('kafka', 'none: the records go to the embedded log')], reachable: true };
  }
  const { examineKafka } = await import('./doctor/kafka.js');
  return examineKafka(publisher, topics, limits.body);
}

async function examineSecrets({ file, endpoints }: GatewaySettings): Promise<readonly Finding[]> {
  const [{ examineSecret }, { listSecrets }, { formsFor }] = await Promise.all([
    import('./doctor/secrets.js'),
    import('../config/placeholder-secrets.js'),
    import('../config/plugins/secret-forms.js'),
  ]);
  const found: FoundSecret[] = [];
  for (const { env, file: path, provider, endpoint: name, name: secret = '', kind } of await listSecrets(file)) {
    const endpoint = endpoints.find((each) => each.name === name);
    if (endpoint === undefined || provider === undefined) continue;
    const text = await readSecretText(dirname(file), env, path);
    const forms = formsFor(endpoint.provider.secretForms, kind);
    const oneLine = endpoint.secrets.find((each) => each.name === secret)?.key.type === 'secret';
    if (text !== undefined)
      found.push({ endpoint: endpoint.name, name: secret, text, forms, livemode: endpoint.livemode, oneLine });
  }
  return found.map(examineSecret);
}

async function readSecretText(base: string, env: string | undefined, file: string | undefined) {
  if (env !== undefined) return process.env[env];
  if (file === undefined) return undefined;
  return (await readFile(resolve(base, file), 'utf8')).replace(/\r?\n$/, '');
}

async function examineEdge(settings: GatewaySettings): Promise<readonly Finding[]> {
  const { examineAllow } = await import('./doctor/allow.js');
  const allowed = examineAllow(settings, Date.now());
  if (settings.tls === undefined) return allowed;
  const { examineTls } = await import('./doctor/tls.js');
  return [examineTls(settings.tls, Date.now()), ...allowed];
}

async function examineMachine(settings: GatewaySettings): Promise<readonly Finding[]> {
  const [{ examineDisks, examinePort }, { examineModes }] = await Promise.all([
    import('./doctor/machine.js'),
    import('./doctor/modes.js'),
  ]);
  const workers = settings.workers === 'auto' ? availableParallelism() : settings.workers;
  const { listen, tls, admin, probes } = settings;
  return [
    ...(await examineDisks(settings, workers)),
    ...(await examineModes(settings)),
    await examinePort('port server.listen', listen, tls?.cert),
    ...(admin === undefined || 'path' in admin.listen ? [] : [await examinePort('port admin.listen', admin.listen)]),
    ...(probes === undefined ? [] : [await examinePort('port probes.listen', probes.listen)]),
  ];
}

async function examineShared({ dedupe }: GatewaySettings): Promise<readonly Finding[]> {
  if (dedupe?.redis === undefined) return [];
  const { examineRedis } = await import('./doctor/redis.js');
  return examineRedis(dedupe.redis, Date.now);
}

/** The gateway that runs with this configuration, if one does. */
async function examineSelf(file: string, adminUrl: string | undefined): Promise<readonly Finding[]> {
  const [{ examineRunning, examineTraffic }, { readAdminAddress }, { requestAdmin }] = await Promise.all([
    import('./doctor/running.js'),
    import('../config/admin-address.js'),
    import('./admin-request.js'),
  ]);
  const url = adminUrl ?? (await readAdminAddress(file, process.env)).url;
  if (url === undefined) return [];
  const ask = async (path: string) => (await requestAdmin(url, { method: 'GET', path })).body;
  const running = await examineRunning(url, () => ask('/status'));
  if (running.length === 0) return [];
  const [status, activity] = await Promise.all([ask('/status'), ask('/activity')]);
  return [...running, ...examineTraffic(status, activity, Date.now())];
}

/** Topics that are named where several have the same finding. */
const mostNamed = 3;

/** For people: each finding, and what to do about those that aren't well; what several topics have in common is one. */
export function describeFindings(findings: readonly Finding[]): string {
  const count = (status: Finding['status']) => findings.filter((each) => each.status === status).length;
  return [
    ...foldTopics(findings).flatMap(({ id, status, message, hint }) => [
      `${status.padEnd(8)}${id}: ${message}`,
      ...(hint === undefined ? [] : [`        → ${hint}`]),
    ]),
    '',
    `${count('ok')} ok, ${count('warn')} warnings, ${count('fail')} failures, ${count('unknown')} unknown`,
  ].join('\n');
}

function foldTopics(findings: readonly Finding[]): readonly Finding[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const { id, status, message, hint } = finding;
    const key = id.startsWith('topic ') ? JSON.stringify([status, message, hint]) : id + message;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first, second] = group;
    if (first === undefined || second === undefined || !first.id.startsWith('topic ')) return group;
    const names = group.map(({ id }) => id.slice('topic '.length));
    const more = names.length - mostNamed;
    const named = names.slice(0, mostNamed).join(', ') + (more > 0 ? ` and ${more} more` : '');
    return [{ ...first, id: `${names.length} topics (${named})` }];
  });
}
