import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cli, makeDirectory, plugins } from '../cli.js';
import { configOf, type Started } from '../running.js';
import { secret } from '../stripe.js';

/** `admin.token`. */
export const token = 'token-of-the-operator';
/** A value of every payload, which nothing may show that is not asked to reveal it. */
export const hidden = 'value-of-the-customer';
/** Fails on every id, which is not a number. */
const faultyKey = '$number(data.object.id)';

/** Two endpoints: one with an old secret and a faulty key of payouts, another with a route that nothing can reach. */
function configWith(payoutKey: string, withToken = true): string {
  return (
    configOf(1)
      .replace(
        /^admin:.*$/m,
        `admin: { listen: "127.0.0.1:0", inspector: true${withToken ? ', token: { file: ../data/admin.token }' : ''} }`,
      )
      .replace(/^endpoints:[\s\S]*$/m, '') +
    `endpoints:
  - name: stripe
    provider: stripe
    path: /webhooks/stripe
    secrets: [{ name: current, file: ../data/stripe.secret }, { name: old, file: ../data/old.secret }]
    routes:
      - { events: ["payout.*"], topic: webhooks.stripe.payouts, key: "${payoutKey}" }
  - name: stripe-eu
    provider: stripe
    path: /webhooks/stripe-eu
    secrets: [{ name: current, file: ../data/stripe.secret }]
    routes:
      - { events: ["charge.*"], topic: webhooks.eu.charges }
      - { events: ["charge.refunded"], topic: webhooks.eu.refunds }
`
  );
}

export interface Scene {
  readonly adminUrl: string;
  /** The status of a Stripe example of this type with the id, at an endpoint. */
  send(type: string, id?: string, options?: { readonly path?: string; readonly signedWith?: string }): Promise<number>;
  /** Puts the key of payouts right and has the configuration loaded. */
  mend(): Promise<void>;
  stop(): Promise<void>;
}

/** `withToken`: what is shown can be changed, too, by whoever has the token. */
export async function openScene({ withToken = true } = {}): Promise<Scene> {
  const directory = makeDirectory({
    'config/gateway.yaml': configWith(faultyKey, withToken),
    'data/stripe.secret': secret,
    'data/old.secret': `whsec_${randomBytes(18).toString('base64url')}`,
    'data/admin.token': token,
  });
  const cli = new Cli(directory.path, ['start', '--json']);
  const [line] = await cli.says(/^\{.*\}$/m);
  const started: Started = { cli, directory, ...JSON.parse(line) };
  return {
    adminUrl: started.adminUrl,
    send: (type, id = eventId(), options = {}) => send(started.url, type, id, options),
    mend: () => mend(started),
    async stop() {
      cli.kill('SIGTERM');
      await cli.ended();
      directory.remove();
    },
  };
}

export function eventId(): string {
  return `evt_${randomBytes(12).toString('hex')}`;
}

async function send(
  url: string,
  type: string,
  id: string,
  { path = '/webhooks/stripe', signedWith = secret }: { readonly path?: string; readonly signedWith?: string },
): Promise<number> {
  const example = JSON.parse(readFileSync(join(plugins, `stripe/examples/${type}.json`), 'utf8'));
  const { payload } = example;
  payload.data.object.metadata = { customer: hidden };
  const body = JSON.stringify({
    ...payload,
    id,
    data: { ...payload.data, object: { ...payload.data.object, id: `${id}_object` } },
  });
  const seconds = Math.floor(Date.now() / 1000);
  const digest = createHmac('sha256', signedWith).update(`${seconds}.${body}`).digest('hex');
  const headers = { 'content-type': 'application/json', 'stripe-signature': `t=${seconds},v1=${digest}` };
  const answer = await fetch(url + path, { method: 'POST', body, headers });
  await answer.arrayBuffer();
  return answer.status;
}

async function mend({ directory, adminUrl }: Started): Promise<void> {
  writeFileSync(join(directory.path, 'config/gateway.yaml'), configWith('data.object.id'));
  const headers = { authorization: `Bearer ${token}`, 'x-gateway-inspector': '1' };
  const answer = await fetch(`${adminUrl}/reload`, { method: 'POST', headers });
  if (answer.status !== 200) throw new Error(await answer.text());
}
