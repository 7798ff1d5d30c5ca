import { createSecretKey, type KeyObject } from 'node:crypto';
import type { KeyDeclaration } from './declaration.js';
import { decodeStrictly } from './encoding.js';

/** The key that a secret's text stands for. The errors tell what is wrong with the text, and no part of it. */
export function readKey(text: string, declaration: KeyDeclaration = {}): KeyObject {
  if (text.trim() !== text) {
    throw new Error('the secret begins or ends with white space');
  }
  const prefix = declaration.strip?.find((candidate) => text.startsWith(candidate)) ?? '';
  const bytes = keyBytes(text.slice(prefix.length), declaration.decode ?? 'utf8');
  if (bytes.length === 0) {
    throw new Error(prefix === '' ? 'the secret is empty' : 'the secret has nothing after its prefix');
  }
  return createSecretKey(bytes);
}

function keyBytes(text: string, decode: 'utf8' | 'hex' | 'base64'): Buffer {
  if (decode === 'utf8') {
    return Buffer.from(text, 'utf8');
  }
  const bytes = decodeStrictly(text, decode);
  if (bytes === undefined) {
    throw new Error(`the secret is not ${decode}`);
  }
  return bytes;
}
