import type { Dice } from '../../support/mutate.js';
import type { WireRequest } from '../wire.js';
import { type Kind, pick, withHeader } from './kind.js';

type Ask = (path: string, dice: Dice) => Omit<WireRequest, 'headers'>;

const nothing = Buffer.alloc(0);

function get(make: (dice: Dice) => string, method = 'GET'): Ask {
  return (path, dice) => ({ method, target: path + make(dice), body: nothing });
}

function challenge(dice: Dice): string {
  const text = dice(2 ** 31).toString(36);
  return encodeURIComponent(
    pick(dice, [
      text,
      text.padEnd(64, '0'),
      Buffer.from(text).toString('hex'),
      '{"id":"1","type":"a"}',
      '<script>alert(1)</script>',
      '1',
      'x'.repeat(3_000),
    ]),
  );
}

/** What the handshakes that answer anybody want to be asked. */
const asks: { readonly [plugin: string]: Ask } = {
  braintree: get((dice) => `?bt_challenge=${challenge(dice)}`),
  circle: get(() => '', 'HEAD'),
  dropbox: get((dice) => `?challenge=${challenge(dice)}`),
  meta: get((dice) => `?hub.mode=subscribe&hub.verify_token=${challenge(dice)}&hub.challenge=${challenge(dice)}`),
  msgraph: get((dice) => `?validationToken=${challenge(dice)}`, 'POST'),
  nylas: get((dice) => `?challenge=${challenge(dice)}`),
  woocommerce: (path) => ({ method: 'POST', target: path, body: Buffer.from('webhook_id=1') }),
  x_twitter: get((dice) => `?crc_token=${challenge(dice)}`),
};

/** What a handshake signed for a stranger, as a delivery: `value` is the text that it has signed, `mac` its answer. */
export function postBack(plugin: string, path: string, value: string, answer: string): WireRequest | undefined {
  const headers = [['Host', 'hooks.example.com']] as const;
  if (plugin === 'x_twitter') {
    const mac = /sha256=[\w+/=]+/.exec(answer)?.[0];
    const request = { method: 'POST', target: path, headers, body: Buffer.from(value) };
    return mac === undefined
      ? undefined
      : withHeader(withHeader(request, 'Content-Type', 'application/json'), 'x-twitter-webhooks-signature', mac);
  }
  if (plugin !== 'braintree' || !answer.includes('|')) return undefined;
  const body = Buffer.from(`bt_signature=${encodeURIComponent(answer)}&bt_payload=${encodeURIComponent(value)}`);
  return withHeader(
    { method: 'POST', target: path, headers, body },
    'Content-Type',
    'application/x-www-form-urlencoded',
  );
}

export const handshakeKinds: readonly Kind[] = [
  {
    layer: 'handshakes',
    name: 'asked for',
    weight: 4,
    make({ target: { endpoint }, request }, dice) {
      const ask = asks[endpoint.provider.name];
      if (ask === undefined) return undefined;
      const headers = request.headers.filter(([name]) => name === 'Host');
      const type =
        endpoint.provider.name === 'woocommerce'
          ? [['Content-Type', 'application/x-www-form-urlencoded'] as const]
          : [];
      return { request: { ...ask(endpoint.path, dice), headers: [...headers, ...type] }, signed: [], claim: 'never' };
    },
  },
];
