import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { startSlowSenders } from '../slow-senders/senders.js';
import { createDice, type Dice } from '../support/mutate.js';
import type { GatewayProcess } from './gateway.js';
import { sendHonestly, signed, toWire, unsigned } from './honest.js';
import { handshakeKinds, postBack } from './kinds/handshakes.js';
import { headKinds } from './kinds/head.js';
import { makeKeyKinds } from './kinds/keys.js';
import { type Base, type Hostile, type Kind, pick } from './kinds/kind.js';
import { payloadKinds } from './kinds/payload.js';
import { signatureKinds } from './kinds/signature.js';
import { timeKinds } from './kinds/time.js';
import { countConnections, waitForSlowBody } from './probes.js';
import { rawAttacks, run } from './raw.js';
import type { Target } from './scene.js';
import { Tally } from './tally.js';
import { encode, Lane, type WireRequest } from './wire.js';

export interface AttackOptions {
  readonly gateway: GatewayProcess;
  readonly targets: readonly Target[];
  /** Hostile requests. */
  readonly requests: number;
  readonly seed: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
  /** `layer: name` of those that are sent. */
  readonly kinds: RegExp;
}

/** Connections at a time: of hostile requests, of honest ones, and of what is no HTTP; and one in so many requests is that. */
const lanes = 32;
const honestLanes = 6;
const rawLanes = 16;
const rawShare = 100;
/** Honest requests beside a hundred hostile ones. */
const honestShare = 10;
/** A base is made again after so many milliseconds, and so many uses. */
const baseAge = 1_000;
const baseUses = 40;
/** Tries to make a request of a kind that the endpoint has. */
const tries = 20;

const commonKinds: readonly Kind[] = [
  ...signatureKinds,
  ...payloadKinds,
  ...headKinds,
  ...timeKinds,
  ...handshakeKinds,
];

/** Sends hostile requests and honest ones beside them, until all are answered. */
export async function attack({
  gateway,
  targets,
  requests,
  seed,
  signal,
  kinds: wanted,
}: AttackOptions): Promise<Tally> {
  const tally = new Tally();
  const canary = await startCanary(tally);
  const kinds = [...commonKinds, ...makeKeyKinds(canary.at)].filter(({ layer, name }) =>
    wanted.test(`${layer}: ${name}`),
  );
  const reached = kinds.map((_, index) => kinds.slice(0, index + 1).reduce((sum, { weight }) => sum + weight, 0));
  const total = reached.at(-1) ?? 0;
  const raws = rawAttacks.filter(({ name }) => wanted.test(`socket: ${name}`));
  const bases = new Bases(targets, seed);
  let sent = 0;
  const going = () => sent < requests && gateway.end === undefined && !signal.aborted;

  function choose(dice: Dice): Kind | undefined {
    const drawn = (dice(1e6) / 1e6) * total;
    return kinds[reached.findIndex((sum) => drawn < sum)];
  }

  function make(dice: Dice): { hostile: Hostile; base: Base; kind: Kind } | undefined {
    for (let left = tries; left > 0; left--) {
      const kind = choose(dice);
      const base = bases.of(targets[dice(targets.length)]);
      const hostile = kind?.make(base, dice, (target) =>
        target ? bases.another(target) : bases.of(targets[dice(targets.length)]),
      );
      if (kind !== undefined && hostile !== undefined) return { hostile, base, kind };
    }
    return undefined;
  }

  async function sendHostile(number: number): Promise<void> {
    const lane = new Lane(gateway.url, `127.1.${number}.1`);
    while (going()) {
      const made = make(createDice(seed * 1_000_003 + sent++));
      if (made === undefined) continue;
      const { hostile, base, kind } = made;
      const answer = await lane.send(encode(hostile.request), hostile.request.method);
      tally.hostile(kind, base.target, hostile, answer);
      if (isOdd(hostile.request)) lane.close();
      if (kind.layer === 'handshakes' && answer?.status === 200)
        await sendBack(lane, kind, base, hostile.request, answer.text);
    }
    lane.close();
  }

  /** What a handshake has signed, as an event. */
  async function sendBack(
    lane: Lane,
    kind: Kind,
    { target }: Base,
    { target: asked }: WireRequest,
    text: string,
  ): Promise<void> {
    const [, value = ''] = asked.split('=');
    const { path, provider } = target.endpoint;
    const request = postBack(provider.name, path, decodeURIComponent(value), text);
    if (request === undefined) return;
    const answer = await lane.send(encode(request), 'POST');
    const back = { ...kind, name: 'what a handshake has signed' };
    tally.hostile(back, target, { request, signed: [], claim: 'never' }, answer);
    sent++;
  }

  async function sendRaw(number: number): Promise<void> {
    while (going()) {
      if (tally.raw >= sent / rawShare) {
        await delay(5);
        continue;
      }
      const dice = createDice(seed * 7_919 + tally.raw++);
      const target = targets[dice(targets.length)];
      if (target === undefined) return;
      const { name, steps, end } = pick(dice, raws);
      const request = toWire(unsigned(target, dice, Date.now()));
      const text = await run(gateway.url, `127.2.${number}.${1 + dice(200)}`, steps(request, dice), end);
      tally.sawRaw(name, text);
      sent++;
    }
  }

  async function sendHonest(number: number): Promise<void> {
    const honest = targets.filter((target) => target.honest);
    const dice = createDice(seed + 31 * number);
    const lane = new Lane(gateway.url, '127.0.0.1');
    while (going()) {
      const target = honest[dice(honest.length)];
      if (target === undefined) return;
      if (tally.honestSent > (sent * honestShare) / 100) {
        await delay(2);
        continue;
      }
      const request = sendHonestly(target, dice);
      const start = performance.now();
      tally.honest(target, request, await lane.send(encode(request), 'POST'), performance.now() - start);
    }
    lane.close();
  }

  const path = targets[0]?.endpoint.path ?? '/';
  const slow = [
    startSlowSenders({ url: gateway.url, path, connections: 200, addresses: 40, bytes: 0 }),
    startSlowSenders({ url: gateway.url, path, connections: 20, addresses: 2, bytes: 500_000 }),
  ];
  const of = (count: number, send: (number: number) => Promise<void>) =>
    Array.from({ length: count }, (_, n) => send(n));
  const probing = Promise.all([countConnections(gateway.url), waitForSlowBody(gateway.url, path)]);
  await Promise.all([
    ...of(lanes, sendHostile),
    ...of(raws.length > 0 ? rawLanes : 0, sendRaw),
    ...of(honestLanes, sendHonest),
  ]);
  [tally.connectionsKept, tally.slowBody] = await probing;
  for (const stop of slow) stop();
  canary.server.close();
  tally.sent = sent;
  return tally;
}

/** What it asks for may not be what comes next on the connection. */
function isOdd({ method, headers }: WireRequest): boolean {
  const odd = /^(content-length|transfer-encoding|expect|upgrade|connection)$/i;
  return method === 'HEAD' || headers.some(([name]) => odd.test(name));
}

/** Listens where keys are said to be: nobody must ever connect. */
async function startCanary(tally: Tally): Promise<{ readonly server: Server; readonly at: string }> {
  const server = createServer((socket) => {
    tally.knocks++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, at: `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}` };
}

/** Signed deliveries of each endpoint, made again before they are too old. */
class Bases {
  readonly #known = new Map<Target, { readonly base: Base; readonly at: number; uses: number }>();
  readonly #twins: ReadonlyMap<string, Target>;
  readonly #dice: Dice;

  constructor(targets: readonly Target[], seed: number) {
    this.#dice = createDice(seed);
    this.#twins = new Map(
      targets.filter(({ honest }) => honest).map((target) => [target.endpoint.provider.name, target]),
    );
  }

  of(target: Target | undefined): Base {
    if (target === undefined) throw new Error('no endpoint');
    const known = this.#known.get(target);
    if (known !== undefined && known.uses++ < baseUses && performance.now() - known.at < baseAge) return known.base;
    const base = this.another(target);
    this.#known.set(target, { base, at: performance.now(), uses: 0 });
    return base;
  }

  another(target: Target): Base {
    const twin = target.honest ? target : this.#twins.get(target.endpoint.provider.name);
    if (twin === undefined) throw new Error(`nobody signs for ${target.endpoint.name}`);
    const now = Date.now();
    const message = unsigned(twin, this.#dice, now);
    const { endpoint } = twin;
    const request = toWire(signed(twin, message, now));
    const { path } = target.endpoint;
    if (twin === target) return { target, unsigned: message, request };
    return { target, unsigned: message, request: { ...request, target: request.target.replace(endpoint.path, path) } };
  }
}
