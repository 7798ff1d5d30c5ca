import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { stripeRequest } from '../e2e/stripe.js';
import type { Attempt } from './judge.js';

/** Where a replica takes events; which one it is, is known where it is asked directly. */
export interface Target {
  readonly url: string;
  readonly replica?: number;
}

export interface SendOptions {
  /** No more begin after so many. */
  readonly events: number;
  /** Nor after this. */
  readonly signal?: AbortSignal;
  /** Keys; the next event of each is sent when both copies of the one before are taken. */
  readonly atOnce: number;
  /** Milliseconds between two events of a key at least. */
  readonly pace?: number;
  /** Milliseconds between the two copies at the most; until both come again. */
  readonly apart: number;
  readonly later: number;
  /** The replicas to which a load balancer would send now. */
  readonly ready: () => readonly Target[];
  /** Where the repetitions go; absent: to replicas directly, too. */
  readonly balancer?: string;
  readonly onAttempt: (attempt: Attempt) => void;
  /** Hears of each event that has come twice. */
  readonly onEvent: (count: number) => void;
}

/** Milliseconds that a provider waits before it sends again what was not taken, and for an answer; how often it sends. */
const pause = 500;
const answerTime = 20_000;
const mostTries = 200;

interface Sent {
  readonly event: string;
  readonly key: string;
  readonly again: boolean;
}

/** Sends every event to two replicas at once, and again later: as a provider that hears nothing, or a proxy that tries twice. */
export async function sendAll(options: SendOptions): Promise<void> {
  const { events, signal, atOnce, pace = 0, apart, later, balancer, ready } = options;
  if (signal !== undefined) setMaxListeners(atOnce, signal);
  const agent = new Agent({ connections: 4 * atOnce, headersTimeout: answerTime, bodyTimeout: answerTime });
  const repeating = new Set<Promise<void>>();
  let next = 0;
  let done = 0;
  let turn = 0;

  async function sendTo(choose: (tries: number) => Target | undefined, sent: Sent): Promise<void> {
    for (let tries = 0; tries < mostTries; tries++) {
      const target = choose(tries);
      const attempt = target && (await sendOnce(agent, target, sent));
      if (attempt !== undefined) options.onAttempt(attempt);
      if (attempt?.status === 200) return;
      await delay(pause);
    }
    throw new Error(`${sent.event} was not taken in ${mostTries} attempts`);
  }

  async function sendTwice(sent: Sent): Promise<void> {
    const first = turn++;
    const direct = (offset: number) => (tries: number) => {
      const targets = ready();
      return targets[(first + offset + tries) % targets.length];
    };
    const proxied = balancer === undefined ? undefined : { url: balancer };
    const choose = (offset: number) => (sent.again && proxied !== undefined ? () => proxied : direct(offset));
    const wait = Math.random() * apart;
    await Promise.all([sendTo(choose(0), sent), delay(wait).then(() => sendTo(choose(1), sent))]);
  }

  async function repeat(sent: Sent): Promise<void> {
    await delay(later);
    await sendTwice({ ...sent, again: true });
    options.onEvent(++done);
  }

  async function sendKey(key: string): Promise<void> {
    await delay(Math.random() * pace);
    while (next < events && signal?.aborted !== true) {
      const start = performance.now();
      const sent = { event: `evt_${process.pid}_${next++}`, key, again: false };
      await sendTwice(sent);
      const repeated: Promise<void> = repeat(sent).finally(() => repeating.delete(repeated));
      // Whoever waits for all hears of it.
      repeated.catch(() => undefined);
      repeating.add(repeated);
      await delay(Math.max(0, start + pace - performance.now()), undefined, { ...(signal && { signal }) }).catch(
        () => undefined,
      );
    }
  }

  try {
    await Promise.all(Array.from({ length: atOnce }, (_, number) => sendKey(`ch_${number}`)));
    await Promise.all(repeating);
  } finally {
    await agent.destroy();
  }
}

async function sendOnce(agent: Agent, { url, replica }: Target, { event, key, again }: Sent): Promise<Attempt> {
  const { head, body } = stripeRequest(event, '/webhooks/stripe', key);
  const signature = /Stripe-Signature: (.*)\r\n/.exec(head)?.[1] ?? '';
  const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
  const sent = { event, key, again, from: Date.now(), ...(replica !== undefined && { replica }) };
  try {
    const answer = await request(`${url}/webhooks/stripe`, { method: 'POST', headers, body, dispatcher: agent });
    const text = await answer.body.text();
    const behind = answer.headers['x-backend'];
    const seen = { ...sent, to: Date.now(), status: answer.statusCode, ...readAnswer(answer.statusCode, text) };
    return typeof behind === 'string' ? { ...seen, replica: Number(behind) } : seen;
  } catch {
    return { ...sent, to: Date.now() };
  }
}

function readAnswer(status: number, text: string): Pick<Attempt, 'said' | 'place'> {
  if (status !== 200) {
    const reason = /"error":"(\w+)"/.exec(text)?.[1];
    return reason === undefined ? {} : { said: reason };
  }
  const said = /"status":"(\w+)"/.exec(text)?.[1] ?? 'unreadable';
  const place = /"kafka_topic":"([^"]+)","kafka_partition":(\d+),"kafka_offset":(\d+)/.exec(text);
  return place === null ? { said } : { said, place: `${place[1]}-${place[2]}@${place[3]}` };
}
