import type { Cluster, CommonRedisOptions, Redis, RedisOptions } from 'ioredis';
import type { RedisSettings } from '../../../config/settings.js';
import { require } from '../../../util/require.js';

const ioredis: typeof import('ioredis') = require('ioredis');

export type Client = Redis | Cluster;

/** Milliseconds that a connection may take, and the most that pass between two attempts. */
const connectTime = 5_000;
const longestPause = 1_000;
/** Where Sentinels say that another server is the primary. */
const switched = '+switch-master';

/** Lua that a client has as commands of these names. Each works on one key, as a Cluster wants it. */
export interface Scripts {
  readonly [name: string]: { readonly lua: string; readonly numberOfKeys: number };
}

/** A client, and what ends it with all that belongs to it. */
export interface ClosableClient {
  readonly client: Client;
  close(): void;
}

/**
 * A client that connects at once and goes on trying. While it has no connection, commands fail at once; none is ever sent a
 * second time: whoever asked has an answer by then.
 */
export function createClient(settings: RedisSettings, scripts: Scripts = {}): ClosableClient {
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
    return closable(
      new ioredis.Cluster(nodes, {
        enableOfflineQueue: false,
        clusterRetryStrategy: retryStrategy,
        scripts: { ...scripts },
        redisOptions: common,
      }),
    );
  }
  const single = { ...common, retryStrategy, enableOfflineQueue: false, db: database };
  if (mode === 'sentinel') {
    const client = new ioredis.Redis({ ...single, ...configureSentinel(settings) });
    return closable(client, followFailovers(client, settings));
  }
  const [address] = addresses;
  return closable(new ioredis.Redis({ ...single, ...address }));
}

function closable(client: Client, listeners: readonly Redis[] = []): ClosableClient {
  return {
    client,
    close() {
      for (const each of [client, ...listeners]) each.disconnect();
    },
  };
}

/**
 * Leaves a primary as soon as a Sentinel says that it is none any more. It goes on answering as one until it is told, some ten
 * seconds later, and loses then what it took meanwhile.
 */
function followFailovers(client: Redis, settings: RedisSettings): readonly Redis[] {
  const { sentinels = [], name, sentinelPassword, sentinelTLS: tls } = configureSentinel(settings);
  return sentinels.map((address) => {
    const password = sentinelPassword ?? undefined;
    const listener = new ioredis.Redis({
      ...address,
      ...(password && { password }),
      ...(tls && { tls }),
      protocol: 2,
      connectTimeout: connectTime,
      connectionName: 'webhook-gateway',
      disableClientInfo: true,
      maxRetriesPerRequest: null,
      retryStrategy: () => longestPause,
      enableReadyCheck: false,
    });
    // One that is away says nothing, and the others do. Without a listener the library writes to the console.
    listener.on('error', ignore);
    listener.subscribe(switched).catch(ignore);
    // `NAME HOST PORT HOST PORT`: where it was, and where it is.
    listener.on('message', (_: string, text: string) => {
      const [of, , , host, port] = text.split(' ');
      const { remoteAddress, remotePort } = client.stream ?? {};
      const follows = remoteAddress === host && remotePort === Number(port);
      // One that asks the Sentinels just now must not be disturbed: it would give up for good.
      if (of === name && !follows && isConnected(client)) client.disconnect(true);
    });
    return listener;
  });
}

/** Whether it has a connection that can be given up for another one. */
export function isConnected({ status }: Client): boolean {
  return status === 'ready' || status === 'connect';
}

function ignore(): void {}

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
