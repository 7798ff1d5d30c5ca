import { join, resolve } from 'node:path';
import { type Endpoint, type Fault, largestBody } from '../core/model.js';
import { compileEvents } from '../core/rules/events.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { LocatedDocument } from '../diagnostics/parse.js';
import { parseDuration } from '../signature/timestamp.js';
import { readNetworks } from '../util/networks.js';
import { compileAdmin } from './admin.js';
import type { CheckedGateway } from './check.js';
import type { PartialGateway } from './declaration.js';
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
  const deadLetters = topicPrefix + (rest.deadLetter?.topic ?? 'webhooks.dlq');
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
  { base }: Materials,
  faults: Fault[],
): GatewaySettings | undefined {
  const { server = {}, embedded, spool = {}, deadLetter = {}, log = {} } = declared;
  const waiting = { dir: resolve(base, spool.dir ?? '../data/spool'), maxBytes: parseSize(spool.maxBytes ?? '2GiB') };
  const publisher: KafkaSettings | EmbeddedSettings | undefined =
    embedded?.dir === undefined
      ? kafka && { ...kafka, spool: waiting }
      : { kind: 'embedded', dir: resolve(base, embedded.dir), retention: readRetention(embedded) };
  const listen = readListen(server.listen ?? '0.0.0.0:8000', '/server/listen', faults);
  lintListeners(listen, admin, probes, faults);
  const drain = readTimer(server.drain ?? '20s', '/server/drain', faults);
  const shutdownDelay = readTimer(server.shutdownDelay ?? '5s', '/server/shutdownDelay', faults);
  const bodyTimeout = readTimer(server.limits?.bodyTimeout ?? '10s', '/server/limits/bodyTimeout', faults);
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
    workers: server.workers === 'auto' ? 'auto' : Number(server.workers ?? 1),
    shutdownDelay,
    limits: {
      body: readBodyLimit(server.limits?.body ?? '1MiB', faults),
      bodyTimeout,
      bodyRate: parseSize(server.limits?.bodyRate ?? '1KiB'),
      inFlight: server.limits?.inFlight ?? 1024,
      connections: server.limits?.connections ?? 8192,
      connectionsPerAddress: server.limits?.connectionsPerAddress ?? 1024,
      unprovenPerAddress: server.limits?.unprovenPerAddress ?? 100,
    },
    trustedProxies,
    ...(admin !== undefined && { admin }),
    ...(probes !== undefined && { probes }),
    ...readDedupe(declared, redis, base, faults),
    deadLetter: { topic, unverified: readBudget(deadLetter) },
    log: { level: log.debug === true ? 'debug' : (log.level ?? 'info') },
    topics,
    ...(tracing !== undefined && { tracing }),
  };
}

const invalid = { rule: 'config-invalid', severity: 'error' } as const;

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

/** By default beside the records, where they are in a folder of ours. */
function readDedupe(
  { dedupe = {}, embedded }: PartialGateway,
  redis: DedupeSettings['redis'],
  base: string,
  faults: Fault[],
): { dedupe?: DedupeSettings } {
  const { window = '72h', dir = embedded?.dir ? join(embedded.dir, 'dedupe') : '../data/dedupe' } = dedupe;
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

function readRetention({ retention = {} }: NonNullable<PartialGateway['embedded']>) {
  const { time = '7d', bytes = '10GiB' } = retention;
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

function readBudget({
  unverified = {},
}: NonNullable<PartialGateway['deadLetter']>): GatewaySettings['deadLetter']['unverified'] {
  const { perMinute = 60, bytesPerMinute = '2MiB' } = unverified;
  return { perMinute, bytesPerMinute: parseSize(bytesPerMinute) };
}

const units: { readonly [unit: string]: number | undefined } = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Bytes of `1048576`, `900KiB`, `1MiB` or `2GiB`. */
function parseSize(size: string | number): number {
  if (typeof size === 'number') return size;
  return Number.parseInt(size, 10) * (units[size.slice(-3)] ?? 1);
}

function listTopics(deadLetters: string, endpoints: readonly Endpoint[]): readonly string[] {
  const routed = endpoints.flatMap(({ routes }) => routes.map(({ topic }) => topic));
  return [...new Set([deadLetters, ...routed])].sort();
}
