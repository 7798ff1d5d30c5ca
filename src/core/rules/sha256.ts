import { hash } from 'node:crypto';

/** `$sha256` of rules: lower-case hex of the digest of a text in UTF-8. */
export function sha256(text: string): string {
  return hash('sha256', text);
}
