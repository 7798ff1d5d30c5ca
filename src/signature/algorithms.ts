import {
  constants,
  createHash,
  createHmac,
  type KeyObject,
  sign as signWith,
  timingSafeEqual,
  verify as verifyWith,
} from 'node:crypto';
import type { Algorithm, Encoding, Hash, JwsAlgorithm } from './declaration.js';
import type { Value } from './filters.js';

/** What kind of proof an algorithm gives, with what node:crypto needs for it. */
export type AlgorithmPlan =
  | DigestPlan
  | AsymmetricPlan
  | { readonly kind: 'jws'; readonly detached: boolean }
  | EqualsPlan;

export interface DigestPlan {
  readonly kind: 'hmac' | 'digest';
  readonly hash: Hash;
  /** Bytes of a digest. */
  readonly size: number;
}

export interface AsymmetricPlan {
  readonly kind: 'asymmetric';
  /** Null: the algorithm has its own. */
  readonly hash: Hash | null;
  readonly type: 'rsa' | 'ec' | 'ed25519';
  /** As node:crypto names it; undefined: any. */
  readonly curve?: string;
  readonly options: {
    readonly padding?: number;
    readonly saltLength?: number;
    readonly dsaEncoding?: 'der' | 'ieee-p1363';
  };
}

/** The text itself is the secret. */
export interface EqualsPlan {
  readonly kind: 'equals';
}

const sizes: { readonly [hash in Hash]: number } = { md5: 16, sha1: 20, sha256: 32, sha384: 48, sha512: 64 };

const families: { readonly [name: string]: Pick<AsymmetricPlan, 'type' | 'options'> | undefined } = {
  rsa: { type: 'rsa', options: { padding: constants.RSA_PKCS1_PADDING } },
  'rsa-pss': {
    type: 'rsa',
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  },
  ecdsa: { type: 'ec', options: { dsaEncoding: 'der' } },
  'ecdsa-p1363': { type: 'ec', options: { dsaEncoding: 'ieee-p1363' } },
};

export function planAlgorithm(algorithm: Algorithm): AlgorithmPlan {
  if (algorithm === 'equals' || algorithm === 'basic') return { kind: 'equals' };
  if (algorithm === 'jwt' || algorithm === 'jws-detached') return { kind: 'jws', detached: algorithm !== 'jwt' };
  if (algorithm === 'ed25519') return { kind: 'asymmetric', hash: null, type: 'ed25519', options: {} };
  if (isHash(algorithm)) return { kind: 'digest', hash: algorithm, size: sizes[algorithm] };
  const at = algorithm.lastIndexOf('-');
  const hash = algorithm.slice(at + 1);
  if (!isHash(hash)) throw new TypeError(`no algorithm: ${algorithm}`);
  const family = families[algorithm.slice(0, at)];
  return family === undefined ? { kind: 'hmac', hash, size: sizes[hash] } : { kind: 'asymmetric', hash, ...family };
}

function isHash(name: string): name is Hash {
  return Object.hasOwn(sizes, name);
}

const jwsFamilies: { readonly [prefix: string]: string | undefined } = { RS: 'rsa', PS: 'rsa-pss', ES: 'ecdsa-p1363' };
const jwsCurves: { readonly [name: string]: string | undefined } = {
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
};

/** What a JWS algorithm (RFC 7518, RFC 8037) stands for. */
export function planJws(algorithm: JwsAlgorithm): DigestPlan | AsymmetricPlan {
  if (algorithm === 'EdDSA') return { kind: 'asymmetric', hash: null, type: 'ed25519', options: {} };
  const hash = `sha${algorithm.slice(2)}`;
  if (!isHash(hash)) throw new TypeError(`no algorithm: ${algorithm}`);
  const family = families[jwsFamilies[algorithm.slice(0, 2)] ?? ''];
  const curve = jwsCurves[algorithm];
  if (family === undefined) return { kind: 'hmac', hash, size: sizes[hash] };
  return { kind: 'asymmetric', hash, ...family, ...(curve !== undefined && { curve }) };
}

/** True if the key is of the kind that the algorithm needs: a public key is never taken for an HMAC secret. */
export function suits(plan: DigestPlan | AsymmetricPlan, key: KeyObject): boolean {
  if (plan.kind !== 'asymmetric') return key.type === 'secret';
  if (key.type === 'secret' || key.asymmetricKeyType !== plan.type) return false;
  return plan.curve === undefined || key.asymmetricKeyDetails?.namedCurve === plan.curve;
}

/** The digest of the content in an encoding. */
export function encodedDigest(plan: DigestPlan, content: readonly Value[], key: KeyObject, encoding: Encoding): string {
  const hash = plan.kind === 'hmac' ? createHmac(plan.hash, key) : createHash(plan.hash);
  for (const chunk of content) hash.update(chunk);
  return encoding === 'base64-hex' ? Buffer.from(hash.digest('hex')).toString('base64') : hash.digest(encoding);
}

export function verifyBytes(
  plan: AsymmetricPlan,
  content: readonly Value[],
  key: KeyObject,
  signature: Buffer,
): boolean {
  try {
    return verifyWith(plan.hash, concat(content), { key, ...plan.options }, signature);
  } catch {
    // OpenSSL throws where a signature isn't even of its form.
    return false;
  }
}

export function signBytes(plan: AsymmetricPlan, content: readonly Value[], key: KeyObject): Buffer {
  return signWith(plan.hash, concat(content), { key, ...plan.options });
}

export function concat(content: readonly Value[]): Buffer {
  const [first] = content;
  if (content.length === 1 && typeof first === 'object') return first;
  return Buffer.concat(content.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk)));
}

/** Equality that takes as long wherever the difference is, and tells nothing of the length of `b`. */
export function sameText(a: Value, b: Value): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}
