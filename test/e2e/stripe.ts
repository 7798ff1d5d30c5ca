import { createHmac } from 'node:crypto';
import type { GatewaySettings } from '../../src/config/settings.js';
import { readTopics } from '../../src/publish/read.js';

export const secret = 'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw';

/** A signed event as Stripe sends it: head and body of an HTTP request. Its key is the charge. */
export function stripeRequest(
  id: string,
  path = '/webhooks/stripe',
  charge = 'ch_1',
): { readonly head: string; readonly body: string } {
  const common = { object: 'event', created: 1_700_000_000, livemode: true, pending_webhooks: 1 };
  const data = { object: { id: charge, object: 'charge' } };
  const body = JSON.stringify({ id, type: 'charge.refunded', ...common, data });
  const seconds = Math.floor(Date.now() / 1000);
  const digest = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  const lines = [
    ...[`POST ${path} HTTP/1.1`, 'Host: gateway', 'Content-Type: application/json'],
    ...[`Stripe-Signature: t=${seconds},v1=${digest}`, `Content-Length: ${body.length}`],
  ];
  return { head: `${lines.join('\r\n')}\r\n\r\n`, body };
}

/** Posts such an event; the status. */
export async function postStripe(url: string, id: string, path = '/webhooks/stripe'): Promise<number> {
  const { head, body } = stripeRequest(id, path);
  const lines = head.trim().split('\r\n').slice(2, 4);
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  const answer = await fetch(url + path, { method: 'POST', body, headers });
  await answer.arrayBuffer();
  return answer.status;
}

/** The `ce_id` of every record in an embedded log. */
export async function readIds(dir: string, topic = 'webhooks.stripe.charge'): Promise<readonly string[]> {
  const settings: GatewaySettings['publisher'] = { kind: 'embedded', dir };
  const ids: string[] = [];
  for await (const { headers } of readTopics(settings, [topic], { from: 'beginning', until: 'end' })) {
    ids.push(headers.ce_id ?? '');
  }
  return ids;
}
