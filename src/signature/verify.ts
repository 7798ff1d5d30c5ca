import type { KeyObject } from 'node:crypto';
import type { Proof, Secret } from '../core/model.js';
import { Rejection } from '../core/rejection.js';
import { type AlgorithmPlan, concat, encodedDigest, sameText, suits, verifyBytes } from './algorithms.js';
import { type Candidate, candidatesOf } from './candidates.js';
import { checkClaims } from './claims.js';
import { findUnmet } from './conditions.js';
import type { Encoding } from './declaration.js';
import { decodeSignature } from './encoding.js';
import type { Value } from './filters.js';
import { itemPointer } from './json-scan.js';
import { type JwsToken, tokenFits } from './jws.js';
import type { SignedMessage } from './message.js';
import type { Method, Plan } from './plan.js';
import { checkForm, methodOf, prepare, readSignatures, readToken } from './read-signature.js';
import { isActive } from './secrets.js';
import { readText, render } from './sources.js';
import { checkWindow, parseTimestamp } from './timestamp.js';

/** A batch whose items are signed one by one is proven only if each of them is. */
export function verifyMessage(plan: Plan, message: SignedMessage, secrets: readonly Secret[], now: number): Proof {
  if (plan.items === undefined) return verifyOne(plan, message, secrets, now);
  const { path } = plan.items;
  let proof: Proof | undefined;
  message.eachItem(plan.items, (item, indices) => {
    message.item = item;
    try {
      const proven = verifyOne(plan, message, secrets, now);
      proof ??= proven;
    } catch (error) {
      throw error instanceof Rejection ? atItem(error, itemPointer(path, indices)) : error;
    }
  });
  if (proof === undefined) {
    throw new Rejection('signature_missing', { detail: 'the batch is empty: nothing in it is signed' });
  }
  return proof;
}

function atItem({ code, detail }: Rejection, item: string): Rejection {
  return new Rejection(code, detail === undefined ? { item } : { item, detail });
}

/** The order of the checks: form, then signature, then age, since the time of an unsigned request proves nothing. */
function verifyOne(plan: Plan, message: SignedMessage, secrets: readonly Secret[], now: number): Proof {
  const texts = prepare(plan, message);
  const method = methodOf(plan, message);
  const token =
    method.algorithm.kind === 'jws' ? readToken(plan, texts, method.algorithm.detached, message) : undefined;
  const signatures = token === undefined ? readSignatures(plan, method, texts) : [];
  checkRequired(plan, message);
  // A time in the body is read when the body is proven, unless fields of it are signed: parsing costs more than a digest.
  const early = plan.lateTime ? undefined : readTimestamp(plan, message);
  const contents = plan.keyed ? undefined : contentsOf(plan, message);
  const found = findCandidate({ plan, method, signatures, token, contents }, secrets, message, now);
  message.proven = true;
  const signedAt = plan.lateTime ? readTimestamp(plan, message) : early;
  const claimed = token && plan.jwt && checkClaims(plan.jwt, token, message, now);
  if (plan.timestamp !== undefined && signedAt !== undefined) checkWindow(signedAt, plan.timestamp, now);
  const time = signedAt ?? claimed;
  return time === undefined ? { secret: found.name } : { secret: found.name, signedAt: time };
}

/** What a key has to fit. */
interface Claim {
  readonly plan: Plan;
  readonly method: Method;
  readonly signatures: readonly string[];
  readonly token: JwsToken | undefined;
  /** Absent: it has the key in it. */
  readonly contents: readonly (readonly Value[])[] | undefined;
}

function checkRequired({ require }: Plan, message: SignedMessage): void {
  const unmet = findUnmet(require, message);
  if (unmet !== undefined) {
    throw new Rejection('signature_malformed', { detail: `${unmet.label} is not what the plugin requires` });
  }
}

function readTimestamp({ timestamp }: Plan, message: SignedMessage): number | undefined {
  if (timestamp === undefined) {
    return undefined;
  }
  const text = readText(timestamp.value, message);
  const signedAt = text === undefined ? undefined : parseTimestamp(text, timestamp.unit);
  if (signedAt === undefined) {
    const fault = text === undefined ? 'is missing' : `is not a timestamp (${timestamp.unit})`;
    throw new Rejection('timestamp_malformed', { detail: `${timestamp.value.label} ${fault}` });
  }
  return signedAt;
}

/** What may be signed: every alternative of which nothing is missing. */
function contentsOf({ contents }: Plan, message: SignedMessage): readonly (readonly Value[])[] {
  const complete: (readonly Value[])[] = [];
  let missing: string | undefined;
  for (const pieces of contents) {
    const chunks: Value[] = [];
    const lacks = render(pieces, message, chunks);
    if (lacks !== undefined) missing ??= lacks;
    else if (!complete.some((other) => isSame(other, chunks))) complete.push(chunks);
  }
  if (complete.length === 0 && missing !== undefined) {
    throw new Rejection('signature_malformed', { detail: `${missing} is missing and should be signed` });
  }
  return complete;
}

/** Ways to write a URL often come to the same; what only looks different costs no more than it did. */
function isSame(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((chunk, index) => chunk === b[index]);
}

function findCandidate(claim: Claim, secrets: readonly Secret[], message: SignedMessage, now: number): Candidate {
  let inactive: Candidate | undefined;
  for (const candidate of candidatesOf(claim.plan, secrets, message, now)) {
    if (fits(claim, candidate.key, message)) {
      if (isActive(candidate, now)) {
        return candidate;
      }
      inactive = candidate;
    }
  }
  if (inactive !== undefined) {
    throw new Rejection('secret_inactive', { detail: `it is that of the secret "${inactive.name}"` });
  }
  checkForm(claim.plan, claim.method, claim.signatures);
  throw new Rejection('signature_mismatch');
}

function fits({ plan, method, signatures, token, contents }: Claim, key: KeyObject, message: SignedMessage): boolean {
  message.key = key;
  const tried = contents ?? contentsOf(plan, message);
  for (const content of token?.inputs(tried) ?? tried) {
    const fit = token ? tokenFits(token, content, key) : fitsOne(plan.encoding, method, signatures, content, key);
    if (!fit) continue;
    checkOffers(plan, token?.plan ?? method.algorithm, content);
    return true;
  }
  return false;
}

/** A signature that anybody gets from a handshake is right, and proves nothing. */
function checkOffers({ offers }: Plan, { kind }: AlgorithmPlan, content: readonly Value[]): void {
  if (offers.length === 0 || kind !== 'hmac') return;
  const text = concat(content);
  if (!offers.some(({ covers }) => covers(text))) return;
  throw new Rejection('signature_mismatch', { detail: 'a handshake signs this text for anybody who asks' });
}

/** One computation for each key and content, however many signatures there are, where the algorithm allows that. */
function fitsOne(
  encoding: Encoding,
  { algorithm, form }: Method,
  signatures: readonly string[],
  content: readonly Value[],
  key: KeyObject,
): boolean {
  if (algorithm.kind === 'equals') {
    const expected = concat(content);
    return signatures.some((text) => sameText(Buffer.from(text, 'latin1'), expected));
  }
  if (algorithm.kind === 'jws' || !suits(algorithm, key)) return false;
  if (algorithm.kind !== 'asymmetric') {
    const expected = encodedDigest(algorithm, content, key, encoding);
    for (const digest of signatures) if (form?.fits(digest, expected)) return true;
    return false;
  }
  return signatures.some((text) => {
    const bytes = decodeSignature(text, encoding);
    return bytes !== undefined && verifyBytes(algorithm, content, key, bytes);
  });
}
