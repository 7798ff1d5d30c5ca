import { join, resolve } from 'node:path';
import { type Endpoint, type Fault, largestBody } from '../core/model.js';
import { compileEvents } from '../core/rules/events.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { LocatedDocument } from '../diagnostics/parse.js';
import { parseDuration } from '../util/duration.js';
import { readNetworks } from '../util/networks.js';
import { parseSize } from '../util/size.js';
import { compileAdmin } from './admin.js';
import type { CheckedGateway } from './check.js';
import type { PartialGateway } from './declaration.js';
import type { Defaults } from './defaults.js';
import { compileEndpoints, type Providers } from './endpoints.js';
import type { Materials } from './external-inputs.js';
import { compileKafka } from './kafka.js';
import { unknownTopic } from './lint-routes.js';
import { readListen, writeListen } from './listen.js';
import { locateInSource } from './locate-in-source.js';
import { deepFreeze } from './plugins/freeze.js';
import { optional } from './plugins/optional.js';
import { compileRedis } from './redis.js';
import type { DedupeSettings, EmbeddedSettings, GatewaySettings, KafkaSettings } from './settings.js';
import type { Substitution } from './substitute.js';
import { compileServerTls } from './tls.js';
import { compileTracing } from './tracing.js';

/**
 * Compiles a gateway.yaml to frozen settings, which are absent if it has an error. What is wrong with the sound parts
 * of an unsound file is found too. `written`: the texts that aren't in the file as they are.
 */
export function compileConfig(
  document: LocatedDocument,
  checked: CheckedGateway,
  written: Pick<Substitution, 'substituted' | 'escaped'>,
  providers: Providers,
  materials: Materials,
): { settings?: GatewaySettings; diagnostics: readonly Diagnostic[] } {
  const faults: Fault[] = [];
  const { rest, whole } = checked;
  const { topicPrefix = '' } = rest.kafka ?? {};
  const endpoints = compileEndpoints(
    checked,
    document,
    providers,
    { ...materials, site: siteOf(checked), topics: knownTopics(checked), topicPrefix },
    faults,
  );
  const deadLetters = topicPrefix + (rest.deadLetter?.topic ?? materials.defaults.text('deadLetter.topic'));
  const topics = listTopics(deadLetters, endpoints);
  lintLength(topics, topicPrefix, faults);
  const kafka = rest.kafka === undefined ? undefined : compileKafka(rest.kafka, topics, materials, faults);
  const redis = optional('redis', rest.dedupe?.redis && compileRedis(rest.dedupe.redis, materials, faults));
  const operator = compileAdmin(rest, checked.isSound, materials, faults);
  const tls = optional('tls', rest.server?.tls && compileServerTls(rest.server.tls, materials, faults));
  const tracing = optional('tracing', compileTracing(rest.telemetry ?? {}, materials, faults));
  const parts = { kafka, ...redis, ...tls, ...operator, ...tracing, topics };
  const assembled = assemble(document.file, rest, parts, deadLetters, endpoints, materials, faults);
  const settings = whole === undefined ? undefined : assembled;
  faults.push(...lintDeadLetters(checked, deadLetters));
  const located = faults.map((fault) => locateInSource(fault, written, materials.base));
  const diagnostics = [...checked.faults, ...located].map(document.toDiagnostic);
  const broken =
    diagnostics.some(({ severity }) => severity === 'error') || endpoints.length < (rest.endpoints ?? []).length;
  return settings === undefined || broken ? { diagnostics } : { settings: deepFreeze(settings), diagnostics };
}

/** Absent too where the prefix is faulty: nobody knows the names then. */
function knownTopics({ lint: { topics }, isSound }: CheckedGateway): readonly string[] | undefined {
  return isSound('/kafka/topicPrefix') ? topics : undefined;
}

/** Kafka's limit: https://kafka.apache.org/documentation/#operations_add_topic. */
const longestTopic = 249;

function lintLength(topics: readonly string[], prefix: string, faults: Fault[]): void {
  const long = topics.find((topic) => topic.length > longestTopic);
  if (long === undefined || prefix === '') return;
  const message = `With it, the topic "${long}" has ${long.length} characters, and Kafka takes no more than ${longestTopic}`;
  faults.push({ ...invalid, pointer: '/kafka/topicPrefix', message });
}

function lintDeadLetters(checked: CheckedGateway, topic: string): readonly Fault[] {
  const { rest, isSound } = checked;
  const topics = knownTopics(checked);
  if (!isSound('/deadLetter/topic') || topics === undefined || compileEvents(topics)(topic)) return [];
  const pointer = rest.deadLetter?.topic === undefined ? '/lint/topics' : '/deadLetter/topic';
  return [unknownTopic(topic, pointer, 'dead letters go', topics)];
}

/** Where it is faulty nobody knows what the public URL is; then none is asked for. */
function siteOf({ rest, isSound }: CheckedGateway): string | undefined {
  const { publicUrl } = rest.server ?? {};
  return publicUrl === undefined && !isSound('/server') ? 'https://unknown.invalid' : publicUrl;
}

function assemble(
  file: string,
  declared: PartialGateway,
  {
    kafka,
    redis,
    tls,
    admin,
    probes,
    topics,
    tracing,
  }: Pick<GatewaySettings, 'tls' | 'admin' | 'probes' | 'topics' | 'tracing'> &
    Pick<DedupeSettings, 'redis'> & { kafka: Omit<KafkaSettings, 'spool'> | undefined },
  topic: string,
  endpoints: readonly Endpoint[],
  { base, defaults }: Materials,
  faults: Fault[],
): GatewaySettings | undefined {
  const { server = {}, embedded, spool = {}, deadLetter = {}, log = {} } = declared;
  const waiting = {
    dir: resolve(base, spool.dir ?? defaults.text('spool.dir')),
    maxBytes: parseSize(spool.maxBytes ?? defaults.text('spool.maxBytes')),
  };
  const publisher: KafkaSettings | EmbeddedSettings | undefined =
    embedded?.dir === undefined
      ? kafka && { ...kafka, spool: waiting }
      : { kind: 'embedded', dir: resolve(base, embedded.dir), retention: readRetention(embedded, defaults) };
  const listen = readListen(server.listen ?? defaults.text('server.listen'), '/server/listen', faults);
  lintListeners(listen, admin, probes, faults);
  const drain = readTimer(server.drain ?? defaults.text('server.drain'), '/server/drain', faults);
  const shutdownDelay = readTimer(
    server.shutdownDelay ?? defaults.text('server.shutdownDelay'),
    '/server/shutdownDelay',
    faults,
  );
  const limits = readLimits(server.limits ?? {}, defaults, faults);
  const trustedProxies = readNetworks(
    server.trustedProxies ?? [],
    (index) => `/server/trustedProxies/${index}`,
    faults,
  );
  if (publisher === undefined) return undefined;
  return {
    file,
    listen,
    publisher,
    endpoints,
    drain,
    ...(tls !== undefined && { tls }),
    workers: server.workers === 'auto' ? 'auto' : Number(server.workers ?? defaults.number('server.workers')),
    shutdownDelay,
    limits,
    trustedProxies,
    ...(admin !== undefined && { admin }),
    ...(probes !== undefined && { probes }),
    ...readDedupe(declared, redis, { base, defaults }, faults),
    deadLetter: { topic, unverified: readBudget(deadLetter, defaults) },
    log: { level: log.debug === true ? 'debug' : (log.level ?? defaults.word('log.level', logLevels)) },
    topics,
    ...(tracing !== undefined && { tracing }),
  };
}

const invalid = { rule: 'config-invalid', severity: 'error' } as const;

const logLevels = ['debug', 'info', 'warn', 'error'] as const;

/** Where two listen on one place, the second finds it taken. */
function lintListeners(
  listen: GatewaySettings['listen'],
  admin: GatewaySettings['admin'],
  probes: GatewaySettings['probes'],
  faults: Fault[],
): void {
  const taken = new Map([[writeListen(listen), 'public']]);
  for (const [name, server] of [
    ['admin', admin],
    ['probes', probes],
  ] as const) {
    if (server === undefined || ('port' in server.listen && server.listen.port === 0)) continue;
    const where = writeListen(server.listen);
    const other = taken.get(where);
    if (other === undefined) taken.set(where, name);
    else faults.push({ ...invalid, pointer: `/${name}/listen`, message: `The ${other} server listens here already` });
  }
}

function readLimits(
  limits: NonNullable<NonNullable<PartialGateway['server']>['limits']>,
  defaults: Defaults,
  faults: Fault[],
): GatewaySettings['limits'] {
  const number = (key: 'inFlight' | 'connections' | 'connectionsPerAddress' | 'unprovenPerAddress') =>
    limits[key] ?? defaults.number(`server.limits.${key}`);
  const bodyTimeout = limits.bodyTimeout ?? defaults.text('server.limits.bodyTimeout');
  return {
    body: readBodyLimit(limits.body ?? defaults.text('server.limits.body'), faults),
    bodyTimeout: readTimer(bodyTimeout, '/server/limits/bodyTimeout', faults),
    bodyRate: parseSize(limits.bodyRate ?? defaults.text('server.limits.bodyRate')),
    inFlight: number('inFlight'),
    connections: number('connections'),
    connectionsPerAddress: number('connectionsPerAddress'),
    unprovenPerAddress: number('unprovenPerAddress'),
  };
}

/** By default beside the records, where they are in a folder of ours. */
function readDedupe(
  { dedupe = {}, embedded }: PartialGateway,
  redis: DedupeSettings['redis'],
  { base, defaults }: Pick<Materials, 'base' | 'defaults'>,
  faults: Fault[],
): { dedupe?: DedupeSettings } {
  const {
    window = defaults.text('dedupe.window'),
    dir = embedded?.dir ? join(embedded.dir, 'dedupe') : '../data/dedupe',
  } = dedupe;
  const length = parseDuration(window);
  if (length === 0 && dedupe.redis !== undefined) {
    faults.push({ ...invalid, pointer: '/dedupe/window', message: 'Redis has nothing to remember in a window of 0s' });
  }
  return length === 0
    ? {}
    : { dedupe: { window: length, dir: resolve(base, dir), ...(redis !== undefined && { redis }) } };
}

/** Node.js makes a timer of more than 2^31 - 1 ms one of 1 ms. */
function readTimer(text: string, pointer: string, faults: Fault[]): number {
  const milliseconds = parseDuration(text);
  if (milliseconds >= 2 ** 31) faults.push({ ...invalid, pointer, message: 'It must be shorter than 24 days' });
  return milliseconds;
}

function readRetention({ retention = {} }: NonNullable<PartialGateway['embedded']>, defaults: Defaults) {
  const { time = defaults.text('embedded.retention.time'), bytes = defaults.text('embedded.retention.bytes') } =
    retention;
  return { time: parseDuration(time), bytes: parseSize(bytes) };
}

/** A larger body would not fit into the files of the spool and of the embedded log. */
function readBodyLimit(size: string | number, faults: Fault[]): number {
  const bytes = parseSize(size);
  if (bytes > largestBody) {
    const message = `The largest body can be ${largestBody / 1024 ** 2}MiB: Kafka takes 1 MB by default`;
    faults.push({ ...invalid, pointer: '/server/limits/body', message });
  }
  return bytes;
}

function readBudget(
  { unverified = {} }: NonNullable<PartialGateway['deadLetter']>,
  defaults: Defaults,
): GatewaySettings['deadLetter']['unverified'] {
  const {
    perMinute = defaults.number('deadLetter.unverified.perMinute'),
    bytesPerMinute = defaults.text('deadLetter.unverified.bytesPerMinute'),
  } = unverified;
  return { perMinute, bytesPerMinute: parseSize(bytesPerMinute) };
}

function listTopics(deadLetters: string, endpoints: readonly Endpoint[]): readonly string[] {
  const routed = endpoints.flatMap(({ routes }) => routes.map(({ topic }) => topic));
  return [...new Set([deadLetters, ...routed])].sort();
}
