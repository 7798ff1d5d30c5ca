import type { KafkaSettings, TokenLogin } from '../../config/settings.js';
import type { PublishError } from '../../core/model.js';
import { nameCode } from '../codes.js';
import { describeFault } from '../faults.js';
import { judgeAnswer, refuse, writeLogin } from '../oauth/login.js';
import { tokensFor } from '../oauth/source.js';
import { type Cursor, readWhole } from './cursor.js';
import { loginByScram } from './scram.js';
import { type Api, apis } from './versions.js';
import { Writer } from './writer.js';

/** Sends a request in the newest version that both speak, and resolves with the answer. */
export type Ask = (api: Api, body: Buffer) => Promise<{ readonly answer: Buffer; readonly version: number }>;

interface Authenticated {
  /** 0: it goes on, or is done. */
  readonly code: number;
  readonly said: string;
  readonly bytes: Buffer;
  /** Milliseconds until the session ends; 0: it does not. */
  readonly lifetime: number;
}

/**
 * Logs in: https://kafka.apache.org/protocol#sasl_handshake. Resolves with the milliseconds until the session ends (KIP-368); 0: it
 * does not. Rejects with a `PublishError` or with what ended the connection.
 */
export async function login(ask: Ask, sasl: NonNullable<KafkaSettings['sasl']>): Promise<number> {
  await shakeHands(ask, sasl.mechanism.toUpperCase());
  let lifetime = 0;
  async function authenticate(message: Buffer): Promise<Authenticated> {
    const { answer, version } = await ask(apis.saslAuthenticate, new Writer().bytesWithLength(message).bytes);
    const result = readWhole(answer, (cursor) => readAuthenticated(cursor, version));
    ({ lifetime } = result);
    return result;
  }
  async function exchange(message: Buffer): Promise<Buffer> {
    const result = await authenticate(message);
    if (result.code !== 0) throw explain(result);
    return result.bytes;
  }
  switch (sasl.mechanism) {
    case 'oauthbearer':
      await presentToken(authenticate, sasl);
      break;
    case 'plain':
      await exchange(Buffer.from(`\0${sasl.username}\0${sasl.password.reveal()}`));
      break;
    default: {
      const { mechanism, username, password } = sasl;
      const digest = mechanism === 'scram-sha-256' ? 'sha256' : 'sha512';
      await loginByScram(exchange, { digest, username, password: password.reveal() });
    }
  }
  return lifetime;
}

async function shakeHands(ask: Ask, mechanism: string): Promise<void> {
  const { answer } = await ask(apis.saslHandshake, new Writer().text(mechanism).bytes);
  const { code, offered } = readWhole(answer, (cursor) => ({
    code: cursor.readInt16(),
    offered: cursor.readList(() => cursor.readText()),
  }));
  if (code !== 0)
    throw describeFault(nameCode(code), `the broker does not take ${mechanism}, but ${offered.join(', ')}`);
}

async function presentToken(authenticate: (message: Buffer) => Promise<Authenticated>, sasl: TokenLogin) {
  const token = await tokensFor(sasl).get();
  const result = await authenticate(writeLogin(token, sasl.extensions));
  if (result.code === 0) judgeAnswer(result.bytes, sasl, token);
  else
    throw nameCode(result.code) === 'SASL_AUTHENTICATION_FAILED' ? refuse(sasl, token, result.said) : explain(result);
}

function readAuthenticated(cursor: Cursor, version: number): Authenticated {
  const code = cursor.readInt16();
  const said = cursor.readNullableText() ?? '';
  const bytes = cursor.readBytes();
  return { code, said, bytes, lifetime: version < 1 ? 0 : Number(cursor.readInt64()) };
}

function explain({ code, said }: Authenticated): PublishError {
  return describeFault(nameCode(code), `the broker refused the login: ${said}`);
}
