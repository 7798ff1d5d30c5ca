import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

/** Bytes of the key: AES-256. */
const keyLength = 32;
const nonceLength = 12;
const tagLength = 16;

/** What a key makes of values. */
export interface Sealer {
  readonly id: string;
  /** `tok:<key id>:<HMAC-SHA256, base64url>`: the same for the same text. */
  token(text: string | Buffer): string;
  /** `enc:v1:<key id>:<nonce, ciphertext and tag, base64url>` (AES-256-GCM; what stands before the last colon is authenticated, too). */
  seal(bytes: string | Buffer): string;
  /** What was sealed; undefined: not with this key. */
  open(sealed: string): Buffer | undefined;
  /** HMAC-SHA256, base64. */
  digest(bytes: Buffer): string;
}

/** The key that a text stands for: 32 bytes as hex, base64 or base64url. Throws an Error without a part of the text. */
export function readProtectKey(text: string): KeyObject {
  const trimmed = text.trim();
  const bytes = /^[\da-fA-F]+$/.test(trimmed) ? Buffer.from(trimmed, 'hex') : fromBase64(trimmed);
  if (bytes === undefined) throw new Error('it is neither hex nor base64');
  if (bytes.length !== keyLength) throw new Error(`it has ${bytes.length} bytes; AES-256 takes ${keyLength}`);
  return createSecretKey(bytes);
}

function fromBase64(text: string): Buffer | undefined {
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

/**
 * Keys for tokens and digests are made of the key (HMAC-SHA256 of a label), so that one key serves three purposes. The labels
 * stand in docs/security.md: whoever has the key can make the tokens himself, and join by them.
 */
export function createSealer(id: string, key: KeyObject): Sealer {
  const tokenKey = createHmac('sha256', key).update('gateway token v1').digest();
  const digestKey = createHmac('sha256', key).update('gateway digest v1').digest();
  const head = `enc:v1:${id}`;
  return {
    id,
    token: (text) => `tok:${id}:${createHmac('sha256', tokenKey).update(text).digest('base64url')}`,
    digest: (bytes) => createHmac('sha256', digestKey).update(bytes).digest('base64'),
    seal(bytes) {
      const nonce = randomBytes(nonceLength);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(head));
      const text = Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
      return `${head}:${text.toString('base64url')}`;
    },
    open(sealed) {
      if (!sealed.startsWith(`${head}:`)) return undefined;
      const bytes = Buffer.from(sealed.slice(head.length + 1), 'base64url');
      if (bytes.length < nonceLength + tagLength) return undefined;
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceLength)).setAAD(Buffer.from(head));
        decipher.setAuthTag(bytes.subarray(-tagLength));
        return Buffer.concat([decipher.update(bytes.subarray(nonceLength, -tagLength)), decipher.final()]);
      } catch {
        return undefined;
      }
    },
  };
}
