import type { ClientContext, Result } from 'ioredis';
import type { RedisSettings } from '../../../config/settings.js';
import { errorText } from '../../../util/errors.js';
import type { SharedStore } from '../shared/store.js';
import { type Client, createClient, isConnected } from './client.js';
import { createGathering } from './gather.js';

declare module 'ioredis' {
  interface RedisCommander<Context extends ClientContext> {
    putUnlessOthers(key: string, claim: string, value: string, time: number): Result<number, Context>;
    removeOwn(key: string, claim: string): Result<number, Context>;
  }
}

const scripts = {
  putUnlessOthers: {
    numberOfKeys: 1,
    lua: `local there = redis.call('GET', KEYS[1])
if there and there ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`,
  },
  removeOwn: {
    numberOfKeys: 1,
    lua: `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`,
  },
};

/** Milliseconds that what a probe writes stays. */
const probeTime = 1_000;
const mostAttempts = 5;

/**
 * Redis or Valkey, one server, a primary that Sentinels know, or a Cluster. All commands share a connection (in a Cluster one
 * to each node) and wait for no other: many webhooks cost one round trip.
 */
export function openRedis(settings: RedisSettings): SharedStore {
  const { prefix, name } = settings;
  const { client, close } = createClient(settings, scripts);
  let fault: string | undefined;
  // Without it, the library writes to the console.
  client.on('error', (error: Error) => {
    fault = error.message;
  });
  client.on('ready', () => {
    fault = undefined;
  });

  const gather = createGathering(client);

  async function claim(key: string, own: string, lease: number): Promise<string | undefined> {
    const at = prefix + key;
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      gather();
      if ((await client.set(at, own, 'PX', lease, 'NX')) !== null) return undefined;
      gather();
      const there = await client.get(at);
      // It was there when it was sent once before.
      if (there === own) return undefined;
      // Else it has gone in between.
      if (there !== null) return there;
    }
    throw new Error('what stands in the store changes all the time');
  }

  return {
    name,
    connect: (wait) => untilConnected(client, wait),
    claim,
    async put(key, own, value, time) {
      gather();
      return (await client.putUnlessOthers(prefix + key, own, value, time)) === 1;
    },
    async release(key, own) {
      await client.removeOwn(prefix + key, own);
    },
    async probe() {
      await client.set(`${prefix}probe`, '1', 'PX', probeTime);
    },
    explain(error) {
      const words = errorText(error);
      // What the library says where it has no connection is about itself.
      const connected = client.status === 'ready' && !words.startsWith('Stream ');
      return connected ? words : (fault ?? 'the connection is closed');
    },
    reconnect() {
      // Without a connection it is making one.
      if (isConnected(client)) client.disconnect(true);
    },
    close,
  };
}

/** Resolves when there is a connection, when it has failed, or after `wait` milliseconds. */
function untilConnected(client: Client, wait: number): Promise<void> {
  if (client.status === 'ready') return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, wait);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    client.once('ready', end).once('close', end);
  });
}
