import type { Cluster, Redis } from 'ioredis';
import type { RedisSettings } from '../../config/settings.js';
import { type Client, createClient } from '../../storage/dedupe/redis/client.js';
import { errorText } from '../../util/errors.js';
import { type Finding, fail, ok, unknown, warning } from './finding.js';

/** Bytes of an event in Redis, measured with Redis 7.0: `npm run bench:shared-dedupe`. */
const bytesOfEvent = 230;
/** Milliseconds to connect in, and that a write may take. */
const connectTime = 3_000;
const slow = 20;
/** Writes that are timed. */
const writes = 10;
/** Milliseconds that the clocks may differ. */
const tolerance = 10_000;
const oldestVersion = 6;
const probeTime = '1000';

/** Looks at the Redis of `dedupe.redis`. It writes a key that is gone after a second. `now`: milliseconds since the epoch. */
export async function examineRedis(settings: RedisSettings, now: () => number): Promise<readonly Finding[]> {
  const { client, close } = createClient(settings);
  try {
    const fault = await connect(client);
    if (fault !== undefined) return [unreachable(settings, fault)];
    const nodes = 'nodes' in client ? client.nodes('master') : [client];
    const found = await Promise.all(nodes.map((node) => examineNode(node, nameOf(node, settings), now)));
    return [await examineLatency(client, settings), ...found.flat()];
  } catch (error) {
    return [unreachable(settings, errorText(error))];
  } finally {
    close();
  }
}

function unreachable({ name, onError }: RedisSettings, reason: string): Finding {
  const effect =
    onError === 'refuse' ? 'webhooks are answered with 503' : 'each replica knows only what it has published itself';
  const hint = 'compare dedupe.redis (url, tls, user, password) with the server';
  return fail(`redis ${name}`, `it cannot be used (${reason}): ${effect}`, hint);
}

/** Why it can't be had; undefined: it can. */
function connect(client: Client): Promise<string | undefined> {
  return new Promise((resolve) => {
    let fault = `no answer in ${connectTime / 1000} s`;
    const end = (result: string | undefined) => {
      clearTimeout(timer);
      resolve(result);
    };
    const timer = setTimeout(() => end(fault), connectTime);
    client.on('error', ({ message }: Error) => {
      fault = message;
    });
    client.once('ready', () => end(undefined)).once('close', () => end(fault));
  });
}

function nameOf({ options: { host, port, path }, stream }: Redis, { mode, name }: RedisSettings): string {
  if (mode === 'single') return `redis ${name}`;
  // The Sentinels know the address.
  if (mode === 'sentinel') return `redis ${stream.remoteAddress}:${stream.remotePort}`;
  return `redis ${path ?? `${host}:${port}`}`;
}

async function examineLatency(client: Redis | Cluster, { prefix, name }: RedisSettings): Promise<Finding> {
  const times: number[] = [];
  for (let write = 0; write < writes; write++) {
    const started = performance.now();
    await client.set(`${prefix}doctor`, '1', 'PX', probeTime);
    times.push(performance.now() - started);
  }
  const median = times.sort((a, b) => a - b)[writes / 2] ?? 0;
  const text = `it can be written to, in ${median.toFixed(1)} ms`;
  const hint = 'each webhook waits that long: bring Redis closer to the gateway';
  return median > slow ? warning(`redis ${name}`, text, hint) : ok(`redis ${name}`, text);
}

async function examineNode(node: Redis, id: string, now: () => number): Promise<readonly Finding[]> {
  const facts = readInfo(await node.info().catch(() => ''));
  const clock = await node.time().then(
    ([seconds]) => judgeClock(`${id} clock`, Number(seconds) * 1000, now()),
    () => unknown(`${id} clock`, 'it does not tell the time'),
  );
  if (facts.size === 0) {
    return [unknown(id, 'version and memory are not known', 'let the user run INFO'), clock];
  }
  return [
    judgeVersion(`${id} version`, facts),
    judgeMemory(`${id} memory`, facts),
    judgeLoss(`${id} loss`, facts),
    clock,
  ];
}

type Facts = ReadonlyMap<string, string>;

/** The lines `name:value` of INFO. */
export function readInfo(text: string): Facts {
  const pairs = [...text.matchAll(/^([a-z_0-9]+):(.*?)\r?$/gm)];
  return new Map(pairs.map(([, name = '', value = '']) => [name, value]));
}

function judgeVersion(id: string, facts: Facts): Finding {
  const valkey = facts.get('valkey_version');
  const version = valkey ?? facts.get('redis_version') ?? '';
  const text = `${valkey === undefined ? 'Redis' : 'Valkey'} ${version}`;
  const old = valkey === undefined && Number.parseInt(version, 10) < oldestVersion;
  return old
    ? warning(id, text, `use Redis ${oldestVersion} or later, or Valkey: older ones are not tested`)
    : ok(id, text);
}

/** How many events it has room for, and what becomes of the others. */
export function judgeMemory(id: string, facts: Facts): Finding {
  const limit = Number(facts.get('maxmemory') ?? 0);
  const policy = facts.get('maxmemory_policy') ?? 'unknown';
  const all = limit || Number(facts.get('total_system_memory') ?? 0);
  const free = Math.max(0, all - Number(facts.get('used_memory') ?? 0));
  const room = `room for ${(free / bytesOfEvent / 1e6).toFixed(1)} million events (${bytesOfEvent} bytes each)`;
  const text = `${room}, maxmemory ${limit === 0 ? 'not set' : gibibytes(limit)}, maxmemory-policy ${policy}`;
  if (policy === 'noeviction') return ok(id, text);
  const hint = 'set maxmemory-policy noeviction: others throw events away that are still in the window';
  return limit === 0 ? ok(id, text) : fail(id, text, hint);
}

/** What becomes of its memory when it ends. */
export function judgeLoss(id: string, facts: Facts): Finding {
  const copies = Number(facts.get('connected_slaves') ?? 0);
  const file = facts.get('aof_enabled') === '1';
  const kept = [...(file ? ['an append-only file'] : []), ...(copies > 0 ? [`${copies} replicas of Redis`] : [])];
  if (kept.length > 0) return ok(id, `it has ${kept.join(' and ')}`);
  const message = 'after a crash it has forgotten all or some events: other replicas may publish their repetitions';
  return warning(id, message, 'set appendonly yes, or give it a replica');
}

function judgeClock(id: string, theirs: number, ours: number): Finding {
  const difference = Math.abs(theirs - ours);
  const text = `its clock and this one differ by ${Math.round(difference / 1000)} s`;
  if (difference <= tolerance) return ok(id, text);
  return warning(id, text, 'one of the two is wrong: signatures with a time may be refused; use NTP');
}

function gibibytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
