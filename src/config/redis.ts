import type { Fault } from '../core/model.js';
import type { PartialRedis } from './declaration.js';
import { type Materials, readSecret } from './external-inputs.js';
import { checksServers, compileTls } from './kafka.js';
import { type Listen, Redacted, type RedisSettings, type SocketPath } from './settings.js';

const at = '/dedupe/redis';
const invalid = { rule: 'config-invalid', severity: 'error' } as const;
const defaultPort = 6379;

interface Address {
  readonly where: Listen | SocketPath;
  readonly encrypted: boolean;
  readonly database: number;
}

/** Compiles `dedupe.redis` of a gateway.yaml; absent with a fault if an address cannot be used. */
export function compileRedis(declared: PartialRedis, materials: Materials, faults: Fault[]): RedisSettings | undefined {
  const { defaults } = materials;
  const {
    url,
    cluster = defaults.flag('dedupe.redis.cluster'),
    user,
    prefix = defaults.text('dedupe.redis.prefix'),
    onError = defaults.word('dedupe.redis.onError', ['accept', 'refuse']),
  } = declared;
  const password = readReference(declared.password, 'password', materials, faults);
  const sentinel = compileSentinel(declared.sentinel, materials, faults);
  const files = compileTls(declared.tls, `${at}/tls`, materials, faults);
  if (url === undefined) return undefined;
  const urls = [url].flat();
  const mode = cluster ? 'cluster' : declared.sentinel === undefined ? 'single' : 'sentinel';
  const addresses = urls.map((each, index) =>
    readAddress(each, typeof url === 'string' ? `${at}/url` : `${at}/url/${index}`, faults),
  );
  const sound = addresses.filter((address) => address !== undefined);
  const [first] = sound;
  if (first === undefined || sound.length < addresses.length) return undefined;
  lintTogether(declared, sound, mode, faults);
  const tls = first.encrypted ? (files ?? { rejectUnauthorized: checksServers(`${at}/tls`, materials) }) : undefined;
  return {
    name: urls.join(', '),
    mode,
    addresses: sound.map(({ where }) => where),
    database: first.database,
    ...(tls !== undefined && { tls }),
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ...(sentinel !== undefined && { sentinel }),
    prefix,
    onError,
  };
}

function compileSentinel(
  declared: PartialRedis['sentinel'],
  materials: Materials,
  faults: Fault[],
): RedisSettings['sentinel'] {
  if (declared?.primary === undefined) return undefined;
  const password = readReference(declared.password, 'sentinel/password', materials, faults);
  return { primary: declared.primary, ...(password !== undefined && { password }) };
}

function readReference(
  reference: PartialRedis['password'],
  key: string,
  materials: Materials,
  faults: Fault[],
): Redacted | undefined {
  const text = reference === undefined ? undefined : readSecret(reference, `${at}/${key}`, materials, faults);
  return text === undefined ? undefined : new Redacted(text);
}

/** `redis://host:port/database`, `rediss://…` or `unix:/path`. A message never has the text: a password may be in it. */
function readAddress(text: string, pointer: string, faults: Fault[]): Address | undefined {
  if (text.includes('@')) {
    const message = 'User and password must not stand in the address';
    const hint = 'give "user", and "password" as { env: REDIS_PASSWORD } or { file: … }';
    faults.push({ rule: 'secret-inline', severity: 'error', pointer, message, hint });
    return undefined;
  }
  const path = /^unix:(\/.+)$/.exec(text)?.[1];
  if (path !== undefined) return { where: { path }, encrypted: false, database: 0 };
  const found = /^(rediss?):\/\/([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?(?:\/(\d{1,4})?)?$/.exec(text);
  const [, scheme, host = '', digits, database] = found ?? [];
  const port = digits === undefined ? defaultPort : Number(digits);
  if (scheme === undefined || port === 0 || port > 65535) {
    const message = 'An address must be redis://host:port, rediss://host:port (with TLS) or unix:/path/of/a/socket';
    faults.push({ ...invalid, pointer, message });
    return undefined;
  }
  const where = { host: host.replace(/^\[|\]$/g, ''), port };
  return { where, encrypted: scheme === 'rediss', database: Number(database ?? 0) };
}

function lintTogether(
  { cluster, sentinel, tls, url }: PartialRedis,
  addresses: readonly Address[],
  mode: RedisSettings['mode'],
  faults: Fault[],
): void {
  const complain = (key: string, message: string, hint?: string) =>
    faults.push({ ...invalid, pointer: `${at}/${key}`, message, ...(hint !== undefined && { hint }) });
  const [first] = addresses;
  if (cluster === true && sentinel !== undefined) {
    complain('sentinel', 'A Cluster has no Sentinels: its nodes fail over by themselves', 'leave one of the two out');
  }
  if (mode === 'single' && addresses.length > 1) {
    complain(
      'url',
      'Several addresses are those of a Cluster or of Sentinels',
      'add cluster: true or sentinel: { primary: NAME }, or give one address',
    );
  }
  if (mode !== 'single' && addresses.some(({ where }) => 'path' in where)) {
    complain('url', `A ${mode === 'cluster' ? 'Cluster' : 'Sentinel'} is reached by redis://host:port`);
  }
  if (mode === 'cluster' && addresses.some(({ database }) => database > 0)) {
    complain('url', 'A Cluster has only database 0');
  }
  if (addresses.some(({ encrypted, database }) => encrypted !== first?.encrypted || database !== first.database)) {
    complain('url', 'All addresses must have the same scheme and the same database');
  }
  if (tls !== undefined && first?.encrypted === false) {
    const shown = typeof url === 'string' && url.startsWith('redis://') ? 'write rediss:// in "url"' : undefined;
    complain('tls', '"tls" counts only for rediss://', shown);
  }
}
