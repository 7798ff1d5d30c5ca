import type { KafkaSettings, TokenLogin } from '../../config/settings.js';
import { tokensFor } from './source.js';
import { refusedToken, type Token } from './token.js';

/** What a client says first: https://www.rfc-editor.org/rfc/rfc7628#section-3.1, without an authorization identity. */
export function writeLogin({ value }: Token, extensions: TokenLogin['extensions']): Buffer {
  const fields = Object.entries({ auth: `Bearer ${value}`, ...extensions }).map(
    ([name, text]) => `${name}=${text}\x01`,
  );
  return Buffer.from(`n,,\x01${fields.join('')}\x01`);
}

/**
 * Throws if the broker refuses the token. It says so in what looks like a success (RFC 7628, 3.2.2), and
 * kafkajs takes it for one: then the next request fails, as if the broker had gone away. `answer`: what it says after `writeLogin`.
 */
export function judgeAnswer(answer: Buffer, login: TokenLogin, token: Token): void {
  if (answer.length > 0) throw refuse(login, token, statusOf(answer));
}

/** The error of a broker that refuses the token. */
export function refuse(login: TokenLogin, token: Token, said: string): Error {
  tokensFor(login).drop(token);
  return refusedToken(token, said);
}

function statusOf(answer: Buffer): string {
  const text = answer.toString().replace(/[^\x20-\x7e]/g, '');
  return /"status"\s*:\s*"([^"]*)"/.exec(text)?.[1] ?? text;
}

/**
 * Gets what a connection will log in with, if it has to be fetched: that may take longer than a broker waits. Rejects with a
 * `PublishError`.
 */
export async function prepareLogin({ sasl }: KafkaSettings): Promise<void> {
  if (sasl?.mechanism === 'oauthbearer') await tokensFor(sasl).get();
}
