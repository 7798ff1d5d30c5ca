import type { Endpoint, Expectation, Route, Secret } from '../core/model.js';
import { writeNetwork } from '../util/networks.js';
import { writeListen } from './listen.js';
import type { DedupeSettings, EmbeddedSettings, GatewaySettings, KafkaSettings, RedisSettings } from './settings.js';

/** Plain values in the form of gateway.yaml, with nothing secret in them. */
export type Plain = { readonly [name: string]: unknown };

/**
 * What is in effect: variables substituted, defaults filled in, the routes of plugins after an endpoint's own. Secrets,
 * passwords and what stands before the @ of a URL are `[redacted]`.
 */
export function resolve(settings: GatewaySettings): Plain {
  const {
    listen,
    tls,
    workers,
    shutdownDelay,
    drain,
    limits,
    trustedProxies,
    admin,
    probes,
    publisher,
    dedupe,
    deadLetter,
    log,
    tracing,
    endpoints,
    topics,
  } = settings;
  const { bodyTimeout, ...otherLimits } = limits;
  const where: Plain =
    publisher.kind === 'kafka'
      ? { kafka: resolveKafka(publisher), spool: publisher.spool }
      : { embedded: { dir: publisher.dir, ...resolveRetention(publisher) } };
  return {
    version: 1,
    server: {
      listen: writeListen(listen),
      workers,
      shutdownDelay: duration(shutdownDelay),
      drain: duration(drain),
      ...(tls !== undefined && { tls: { ...tls.files, key: redacted } }),
      limits: { ...otherLimits, bodyTimeout: duration(bodyTimeout) },
      ...(trustedProxies.length === 0 ? {} : { trustedProxies: trustedProxies.map(writeNetwork) }),
    },
    ...(admin !== undefined && { admin: resolveAdmin(admin) }),
    ...(probes !== undefined && { probes: { listen: writeListen(probes.listen) } }),
    ...where,
    dedupe: dedupe === undefined ? { window: '0s' } : resolveDedupe(dedupe),
    deadLetter,
    log,
    ...(tracing !== undefined && { telemetry: { otlp: resolveTracing(tracing) } }),
    endpoints: endpoints.map(resolveEndpoint),
    topics,
  };
}

const redacted = '[redacted]';

function resolveTracing({ url, headers, sampling, resource }: NonNullable<GatewaySettings['tracing']>): Plain {
  const shown = Object.fromEntries(Object.keys(headers).map((name) => [name, redacted]));
  return { endpoint: url, headers: shown, sampling, serviceName: resource['service.name'], resource };
}

function resolveRetention({ retention }: EmbeddedSettings): Plain {
  return retention === undefined ? {} : { retention: { time: duration(retention.time), bytes: retention.bytes } };
}

function resolveAdmin({ listen, hosts, token, inspector }: NonNullable<GatewaySettings['admin']>): Plain {
  const shown = token === undefined ? {} : { token: redacted };
  const pages = inspector === undefined ? {} : { inspector };
  return { listen: writeListen(listen), ...(hosts !== undefined && { hosts }), ...shown, ...pages };
}

function resolveKafka(settings: KafkaSettings): Plain {
  const { brokers, clientId, idempotent, compression = 'none', schemaIds, tls, sasl, topics } = settings;
  return {
    brokers: brokers.map(withoutPassword),
    clientId,
    idempotent,
    compression,
    ...(schemaIds !== undefined && { schemaIds }),
    ...(tls !== undefined && { tls: { ...tls, ...(tls.key !== undefined && { key: redacted }) } }),
    ...(sasl !== undefined && { sasl: resolveSasl(sasl) }),
    topics,
  };
}

function resolveSasl(sasl: NonNullable<KafkaSettings['sasl']>): Plain {
  if (sasl.mechanism !== 'oauthbearer') return { ...sasl, password: redacted };
  const { mechanism, token, extensions } = sasl;
  const shown = Object.keys(extensions).length === 0 ? {} : { extensions };
  if ('file' in token) return { mechanism, tokenFile: token.file, ...shown };
  if ('command' in token) return { mechanism, command: token.command, ...shown };
  const { tokenUrl, ...client } = token.client;
  const clientCredentials = { tokenUrl: withoutPassword(tokenUrl), ...client, clientSecret: redacted };
  return { mechanism, clientCredentials, ...shown };
}

function resolveDedupe({ window, dir, redis }: DedupeSettings): Plain {
  return { window: duration(window), dir, ...(redis !== undefined && { redis: resolveRedis(redis) }) };
}

function resolveRedis({ mode, name, tls, user, password, sentinel, prefix, onError }: RedisSettings): Plain {
  return {
    url: mode === 'single' ? name : name.split(', '),
    ...(mode === 'cluster' ? { cluster: true } : {}),
    ...(sentinel !== undefined && { sentinel: redactPassword(sentinel) }),
    ...(user !== undefined && { user }),
    ...redactPassword({ password }),
    ...(tls !== undefined && { tls: { ...tls, ...(tls.key !== undefined && { key: redacted }) } }),
    prefix,
    onError,
  };
}

function redactPassword<T extends { readonly password?: unknown }>({ password, ...rest }: T): Plain {
  return password === undefined ? rest : { ...rest, password: redacted };
}

function resolveEndpoint(endpoint: Endpoint): Plain {
  const { name, path, provider, allow, rate, secrets, surroundings, routes, rejected, livemode } = endpoint;
  const { protect, expect } = endpoint;
  const { url, params = {} } = surroundings ?? {};
  return {
    name,
    provider: provider.name,
    path,
    ...(allow !== undefined && { allow: allow.map(writeNetwork) }),
    ...(rate !== undefined && { rate }),
    secrets: secrets.map(resolveSecret),
    ...(Object.keys(params).length === 0 ? {} : { params }),
    ...(url !== undefined && { url: withoutPassword(url) }),
    rejected,
    livemode,
    ...resolveProtection(protect),
    ...(expect !== undefined && { expect: expect.map(resolveExpectation) }),
    event: Object.fromEntries(Object.entries(provider.event).map(([fact, { source }]) => [fact, source])),
    routes: routes.map(resolveRoute),
  };
}

function resolveExpectation({ events, every, learn }: Expectation): Plain {
  return {
    events: events.split(','),
    ...(every !== undefined && { every: duration(every) }),
    ...(learn !== undefined && { learn: `${learn / 86_400_000}d` }),
  };
}

function resolveProtection(protect: Endpoint['protect']): Plain {
  if (protect === undefined) return {};
  const { panGuard, fields, key } = protect;
  const shown = { ...(key !== undefined && { key: { id: key, value: redacted } }), fields };
  return { ...(fields.length === 0 && key === undefined ? {} : { protect: shown }), panGuard };
}

function resolveSecret({ name, for: kind, notBefore, expires }: Secret): Plain {
  return {
    name,
    ...(kind !== undefined && { for: kind }),
    value: redacted,
    ...(notBefore !== undefined && { notBefore: new Date(notBefore).toISOString() }),
    ...(expires !== undefined && { expires: new Date(expires).toISOString() }),
  };
}

/** `declaredAt` says whether a route is the endpoint's own or the plugin's. */
function resolveRoute({ events, when, topic, key, declaredAt }: Route): Plain {
  return {
    ...(events !== undefined && { events }),
    ...(when !== undefined && { when: when.source }),
    topic,
    ...(key !== undefined && { key: key.source }),
    declaredAt,
  };
}

function withoutPassword(url: string): string {
  return url.replace(/^([a-z]+:\/\/)?[^/@\s]*@/i, `$1${redacted}@`);
}

const units = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** In the largest unit that it is a whole number of. */
function duration(milliseconds: number): string {
  const [unit, size] = units.find((each) => milliseconds % each[1] === 0) ?? ['ms', 1];
  return milliseconds === 0 ? '0s' : `${milliseconds / size}${unit}`;
}
