import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { stripeRequest } from '../e2e/stripe.js';
import type { Fleet } from './fleet.js';
import type { Attempt } from './judge.js';

export interface SendOptions {
  readonly events: number;
  /** Events under way at a time. */
  readonly atOnce: number;
  /** Milliseconds between the two copies at the most; until both come again. */
  readonly apart: number;
  readonly later: number;
  /** Hears of each event that has come twice. */
  readonly onEvent: (count: number) => void;
}

/** Milliseconds that a provider waits before it sends again what was not taken; how often it does. */
const pause = 500;
const mostTries = 200;

interface Later {
  readonly event: string;
  readonly due: number;
}

/** Sends every event to two replicas at once, and again later: as a provider that hears nothing, or a proxy that tries twice. */
export async function sendAll(
  fleet: Fleet,
  { events, atOnce, apart, later, onEvent }: SendOptions,
): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  const agent = new Agent({ connections: 2 * atOnce });
  const again: Later[] = [];
  let next = 0;
  let done = 0;

  async function sendTo(first: number, event: string): Promise<void> {
    for (let tries = 0; tries < mostTries; tries++) {
      const replica = (first + tries) % fleet.urls.length;
      const attempt = await sendOnce(fleet, agent, replica, event);
      if (attempt !== undefined) attempts.push(attempt);
      if (attempt?.status === 200) return;
      await delay(pause);
    }
    throw new Error(`${event} was not taken in ${mostTries} attempts`);
  }

  async function sendTwice(event: string, number: number): Promise<void> {
    const first = number % fleet.urls.length;
    const second = (first + 1) % fleet.urls.length;
    const wait = Math.random() * apart;
    await Promise.all([sendTo(first, event), delay(wait).then(() => sendTo(second, event))]);
  }

  async function work(): Promise<void> {
    for (;;) {
      const [due] = again;
      if (due !== undefined && (due.due <= performance.now() || next >= events)) {
        again.shift();
        await delay(Math.max(0, due.due - performance.now()));
        await sendTwice(due.event, attempts.length);
        onEvent(++done);
      } else if (next < events) {
        const event = `evt_${process.pid}_${next++}`;
        await sendTwice(event, next);
        again.push({ event, due: performance.now() + later });
      } else return;
    }
  }

  await Promise.all(Array.from({ length: atOnce }, work));
  await agent.close();
  return attempts;
}

/** Undefined: the replica is away, as its load balancer knows. */
async function sendOnce(fleet: Fleet, agent: Agent, replica: number, event: string): Promise<Attempt | undefined> {
  const base = fleet.urls[replica];
  if (base === undefined) return undefined;
  const { head, body } = stripeRequest(event, '/webhooks/stripe', `ch_${event.slice(-2)}`);
  const signature = /Stripe-Signature: (.*)\r\n/.exec(head)?.[1] ?? '';
  const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
  const from = performance.now();
  try {
    const answer = await request(`${base}/webhooks/stripe`, { method: 'POST', headers, body, dispatcher: agent });
    const text = await answer.body.text();
    const seen = { event, replica, from, to: performance.now(), status: answer.statusCode };
    return answer.statusCode === 200 ? { ...seen, ...readAnswer(text) } : seen;
  } catch {
    return { event, replica, from, to: performance.now() };
  }
}

function readAnswer(text: string): Pick<Attempt, 'said' | 'place'> {
  const said = /"status":"(\w+)"/.exec(text)?.[1] ?? 'unreadable';
  const place = /"kafka_topic":"([^"]+)","kafka_partition":(\d+),"kafka_offset":(\d+)/.exec(text);
  return place === null ? { said } : { said, place: `${place[1]}-${place[2]}@${place[3]}` };
}
