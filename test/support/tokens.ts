/** Unsigned tokens (RFC 7519, 6), as Kafka's own validator for tests takes them. `lifetime`: seconds. */
export function makeToken(subject: string, lifetime = 3600, more: { readonly [claim: string]: unknown } = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode({ alg: 'none' })}.${encode({ sub: subject, iat: now, exp: now + lifetime, ...more })}.`;
}
