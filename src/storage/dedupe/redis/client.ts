import type { Cluster, CommonRedisOptions, Redis, RedisOptions } from 'ioredis';
import type { RedisSettings } from '../../../config/settings.js';
import { require } from '../../../util/require.js';

const ioredis: typeof import('ioredis') = require('ioredis');

export type Client = Redis | Cluster;

/** Milliseconds that a connection may take, and the most that pass between two attempts. */
const connectTime = 5_000;
const longestPause = 1_000;

/** Lua that a client has as commands of these names. Each works on one key, as a Cluster wants it. */
export interface Scripts {
  readonly [name: string]: { readonly lua: string; readonly numberOfKeys: number };
}

/**
 * A client that connects at once and goes on trying. While it has no connection, commands fail at once; none is ever sent a
 * second time: whoever asked has an answer by then.
 */
export function createClient(settings: RedisSettings, scripts: Scripts = {}): Client {
  const { addresses, mode, database, user, password } = settings;
  const retryStrategy = (times: number) => Math.min(50 * 2 ** (times - 1), longestPause);
  const common = {
    ...(user !== undefined && { username: user }),
    ...(password !== undefined && { password: password.reveal() }),
    connectTimeout: connectTime,
    connectionName: 'webhook-gateway',
    disableClientInfo: true,
    protocol: 2,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    scripts: { ...scripts },
    // After a failover the former primary is a replica, and the address may lead to another one.
    reconnectOnError: ({ message }: Error) => message.startsWith('READONLY'),
    ...configureTls(settings),
  } satisfies CommonRedisOptions & Pick<RedisOptions, 'tls'>;
  if (mode === 'cluster') {
    const nodes = addresses.flatMap((address) => ('path' in address ? [] : [{ ...address }]));
    return new ioredis.Cluster(nodes, {
      enableOfflineQueue: false,
      clusterRetryStrategy: retryStrategy,
      scripts: { ...scripts },
      redisOptions: common,
    });
  }
  const single = { ...common, retryStrategy, enableOfflineQueue: false, db: database };
  if (mode === 'sentinel') return new ioredis.Redis({ ...single, ...configureSentinel(settings) });
  const [address] = addresses;
  return new ioredis.Redis({ ...single, ...address });
}

function configureTls({ tls }: RedisSettings): Pick<RedisOptions, 'tls'> {
  if (tls === undefined) return {};
  return {
    tls: {
      rejectUnauthorized: tls.rejectUnauthorized,
      ...(tls.ca !== undefined && { ca: tls.ca }),
      ...(tls.cert !== undefined && { cert: tls.cert }),
      ...(tls.key !== undefined && { key: tls.key.reveal() }),
    },
  };
}

type SentinelOptions = Pick<
  RedisOptions,
  'sentinels' | 'name' | 'sentinelPassword' | 'sentinelTLS' | 'enableTLSForSentinelMode'
>;

function configureSentinel({ addresses, sentinel, tls, ...rest }: RedisSettings): SentinelOptions {
  const encrypted = configureTls({ addresses, tls, ...rest }).tls;
  return {
    sentinels: addresses.flatMap((address) => ('path' in address ? [] : [{ ...address }])),
    ...(sentinel !== undefined && { name: sentinel.primary }),
    ...(sentinel?.password !== undefined && { sentinelPassword: sentinel.password.reveal() }),
    ...(encrypted !== undefined && { sentinelTLS: encrypted, enableTLSForSentinelMode: true }),
  };
}
