import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { describeFault } from '../faults.js';

/** Fewer are not secure (RFC 7677, 4), and Kafka does not allow fewer. */
const MIN_ITERATIONS = 4096;
/** More would keep a thread busy for as long as a broker likes. Kafka allows 16,384. */
const MAX_ITERATIONS = 500_000;
/** Neither channel binding nor another identity: `n,,` in base64. */
const channelBinding = 'c=biws';
const derive = promisify(pbkdf2);

export interface ScramLogin {
  readonly digest: 'sha256' | 'sha512';
  readonly username: string;
  readonly password: string;
}

/** Sends what the client says, and resolves with what the broker says to it. */
export type Exchange = (message: Buffer) => Promise<Buffer>;

/**
 * Logs in by SCRAM (https://www.rfc-editor.org/rfc/rfc5802#section-3), and checks that the broker knows the password, too. Like
 * Kafka itself, it takes user and password as they are, without SASLprep. Rejects with a `PublishError`.
 */
export async function loginByScram(
  exchange: Exchange,
  { digest, username, password }: ScramLogin,
  nonce = randomBytes(24).toString('base64'),
): Promise<void> {
  const clientFirst = `n=${username.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`;
  const serverFirst = (await exchange(Buffer.from(`n,,${clientFirst}`))).toString();
  const { salt, iterations, both } = readServerFirst(serverFirst, nonce);
  const length = createHash(digest).digest().length;
  const salted = await derive(password, salt, iterations, length, digest);
  const sign = (key: Buffer, text: string) => createHmac(digest, key).update(text).digest();
  const withoutProof = `${channelBinding},r=${both}`;
  const authMessage = `${clientFirst},${serverFirst},${withoutProof}`;
  const clientKey = sign(salted, 'Client Key');
  const signature = sign(createHash(digest).update(clientKey).digest(), authMessage);
  const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0));
  const final = `${withoutProof},p=${Buffer.from(proof).toString('base64')}`;
  const serverFinal = (await exchange(Buffer.from(final))).toString();
  checkServer(serverFinal, sign(sign(salted, 'Server Key'), authMessage));
}

function readServerFirst(text: string, nonce: string) {
  const found = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+={0,2}),i=(\d{1,9})(?:,|$)/.exec(text);
  if (found === null) throw describeFault('UNEXPECTED', 'a broker answered SCRAM with what is no challenge');
  const [, both = '', salt = '', count] = found;
  const iterations = Number(count);
  if (!both.startsWith(nonce) || both.length === nonce.length) {
    throw distrust('it answers with a nonce that is not for this login');
  }
  if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
    throw distrust(`it wants ${iterations} iterations, and ${MIN_ITERATIONS} to ${MAX_ITERATIONS} are taken`);
  }
  return { both, salt: Buffer.from(salt, 'base64'), iterations };
}

function checkServer(text: string, expected: Buffer): void {
  const refusal = /^e=([^,]*)/.exec(text)?.[1];
  if (refusal !== undefined) throw describeFault('SASL_AUTHENTICATION_FAILED', `the broker says: ${refusal}`);
  const given = Buffer.from(/^v=([^,]*)/.exec(text)?.[1] ?? '', 'base64');
  if (given.length === expected.length && timingSafeEqual(given, expected)) return;
  throw distrust('it does not prove that it knows the password, so it may be somebody else');
}

function distrust(why: string) {
  return describeFault('SASL_SERVER_NOT_TRUSTED', `the login at the broker was given up: ${why}`);
}
