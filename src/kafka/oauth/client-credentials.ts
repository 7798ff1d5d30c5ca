import type { TokenClient } from '../../config/settings.js';
import { readAnswer, readRefusal } from './answer.js';
import { longestToken, noToken, type Token, toToken } from './token.js';

/** Milliseconds, connecting included. */
const patience = 10_000;

/**
 * Asks an identity provider for a token: https://www.rfc-editor.org/rfc/rfc6749#section-4.4, with the secret in the
 * Authorization header (2.3.1). Redirects are not followed. Rejects with a `PublishError`.
 */
export async function askForToken(client: TokenClient, now: () => number, wait = patience): Promise<Token> {
  const { origin, pathname } = new URL(client.tokenUrl);
  const who = `the token endpoint ${origin}${pathname}`;
  const { status, text } = await post(client, who, wait);
  if (status !== 200) {
    const said = readRefusal(text);
    const cure = status < 500 ? ': see kafka.sasl.clientCredentials' : '';
    throw noToken(`${who} answered ${status}${said === '' ? '' : ` (${said})`}${cure}`);
  }
  const { token, lifetime } = readAnswer(text, who);
  return toToken(token, `what ${who} gave`, now(), lifetime);
}

async function post({ tokenUrl, clientId, clientSecret, scope, audience }: TokenClient, who: string, wait: number) {
  // Most gateways ask for no token: they start without undici.
  const { request } = await import('undici');
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scope !== undefined && { scope }),
    ...(audience !== undefined && { audience }),
  }).toString();
  const login = [clientId, clientSecret.reveal()].map(encodeForm).join(':');
  const headers = {
    authorization: `Basic ${Buffer.from(login).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  };
  try {
    const signal = AbortSignal.timeout(wait);
    const answer = await request(tokenUrl, { method: 'POST', headers, body, signal });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer.body) {
      const bytes: Buffer = chunk;
      size += bytes.length;
      if (size > longestToken * 2) throw new Error('its answer is too long');
      chunks.push(bytes);
    }
    return { status: answer.statusCode, text: Buffer.concat(chunks).toString() };
  } catch (error) {
    throw noToken(`${who} ${explain(error, wait)}`, error);
  }
}

/** As a value of a form is written. */
function encodeForm(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}

function explain(error: unknown, wait: number): string {
  if (!(error instanceof Error)) return 'cannot be reached';
  if (error.name === 'TimeoutError') return `did not answer within ${wait / 1000} s`;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
  return `cannot be reached (${code})`;
}
