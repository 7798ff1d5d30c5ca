import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import type { KeyDeclaration, KeyFormat } from './declaration.js';
import { decodeStrictly } from './encoding.js';
import { compileFilter } from './filters.js';

/** The key that a secret's text stands for. The errors tell what is wrong with the text, and no part of it. */
export function readSigningKey(text: string, declaration: KeyDeclaration = {}): KeyObject {
  if (text.trim() !== text && declaration.format === undefined && !declaration.filters?.includes('trim')) {
    throw new Error('the secret begins or ends with white space');
  }
  const prefix = declaration.strip?.find((candidate) => text.startsWith(candidate)) ?? '';
  const bare = filtered(text.slice(prefix.length), declaration.filters ?? []);
  if (bare === '') {
    throw new Error(prefix === '' ? 'the secret is empty' : 'the secret has nothing after its prefix');
  }
  if (declaration.format !== undefined) {
    return readAsymmetric(bare.trim(), declaration.format);
  }
  const bytes = keyBytes(bare, declaration);
  const { derive } = declaration;
  return createSecretKey(derive === undefined ? bytes : createHash(derive).update(bytes).digest());
}

function filtered(text: string, filters: NonNullable<KeyDeclaration['filters']>): string {
  return filters.reduce<string>(
    (value, name) => compileFilter({ name, argument: '' })(value, {})?.toString() ?? value,
    text,
  );
}

function keyBytes(text: string, { decode = 'utf8', strip = [] }: KeyDeclaration): Buffer {
  if (decode === 'utf8') {
    return Buffer.from(text, 'utf8');
  }
  const bytes = decodeStrictly(text, decode);
  if (bytes === undefined || bytes.length === 0) {
    // Some dashboards show `v1,whsec_…`; the whole of it is not a secret.
    const late = strip.find((prefix) => text.includes(prefix));
    const hint = late === undefined ? '' : `: leave out what stands before "${late}", such as "v1,"`;
    throw new Error(`the secret is not ${decode}${hint}`);
  }
  return bytes;
}

const ed25519Prefix = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * The public key that a text denotes. A private key stands for its public one, and can sign as well: what development
 * needs. The errors have no part of the text.
 */
export function readAsymmetric(text: string, format: KeyFormat): KeyObject {
  try {
    // PEM says itself what it is, whatever the provider publishes.
    if (text.startsWith('-----BEGIN')) {
      return text.includes('PRIVATE KEY-----') ? createPrivateKey(text) : createPublicKey(text);
    }
    return publicKey(text, format);
  } catch {
    throw new Error(`the text is not a public key (${format})`);
  }
}

function publicKey(text: string, format: KeyFormat): KeyObject {
  switch (format) {
    case 'pem':
    case 'cert':
      return createPublicKey(text);
    case 'jwk':
      return jwkKey(JSON.parse(text));
    case 'jwks':
      return jwkKey(JSON.parse(text)?.keys?.[0]);
    case 'spki-base64':
      return createPublicKey({ key: strictly(text.replace(/\s+/g, ''), 'base64'), format: 'der', type: 'spki' });
    case 'ed25519-hex':
    case 'ed25519-base64': {
      const bytes = strictly(text, format === 'ed25519-hex' ? 'hex' : 'base64');
      if (bytes.length !== 32) throw new Error('not 32 bytes');
      return createPublicKey({ key: Buffer.concat([ed25519Prefix, bytes]), format: 'der', type: 'spki' });
    }
  }
}

function strictly(text: string, encoding: 'hex' | 'base64'): Buffer {
  const bytes = decodeStrictly(text, encoding);
  if (bytes === undefined) throw new Error(`not ${encoding}`);
  return bytes;
}

/** A JSON Web Key (RFC 7517); a private one stands for its public part and can sign. Throws if it is not an asymmetric key. */
export function jwkKey(jwk: unknown): KeyObject {
  if (typeof jwk !== 'object' || jwk === null) throw new Error('no JWK');
  const key: JsonWebKey = { ...jwk };
  return 'd' in jwk ? createPrivateKey({ key, format: 'jwk' }) : createPublicKey({ key, format: 'jwk' });
}
