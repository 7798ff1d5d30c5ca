import type { KeyObject } from 'node:crypto';
import { Rejection } from '../core/rejection.js';
import {
  type AsymmetricPlan,
  concat,
  type DigestPlan,
  encodedDigest,
  planJws,
  sameText,
  signBytes,
  suits,
  verifyBytes,
} from './algorithms.js';
import type { JwsAlgorithm } from './declaration.js';
import { decodeStrictly } from './encoding.js';
import type { Value } from './filters.js';
import { type JsonTexts, scanJson } from './json-scan.js';
import { Pointers } from './pointers.js';

/** A JWS in its compact form (RFC 7515), taken apart and not yet proven. */
export interface JwsToken {
  readonly header: JsonTexts;
  readonly plan: DigestPlan | AsymmetricPlan;
  /** What is signed, for each content of a detached JWS. */
  readonly inputs: (contents: readonly (readonly Value[])[]) => readonly (readonly Value[])[];
  /** Absent in a detached JWS. */
  readonly payload?: Buffer;
  readonly signature: Buffer;
}

const longestToken = 16_384;

/** What every scheme reads of the header of a token, by their numbers; the sources of a scheme add to it. */
export const headerFields = { alg: 0, kid: 1, crit: 2 } as const;

export function headerPointers(): Pointers {
  const pointers = new Pointers();
  for (const name of Object.keys(headerFields)) pointers.add([name]);
  return pointers;
}

export interface TokenForm {
  readonly allowed: readonly JwsAlgorithm[];
  readonly detached: boolean;
  /** What is read of the header. */
  readonly pointers: Pointers;
}

/** Throws a Rejection `signature_malformed` if it isn't a JWS, or has an algorithm that isn't one of `allowed`. */
export function parseToken(text: string, { allowed, detached, pointers }: TokenForm): JwsToken {
  if (text.length > longestToken) throw malformed('the token is too long');
  const [head = '', body = '', tail = '', ...others] = text.split('.', 4);
  const bytes = decodeStrictly(head, 'base64url');
  const payload = decodeStrictly(body, 'base64url');
  const signature = decodeStrictly(tail, 'base64url');
  const misplaced = detached ? body !== '' : body === '';
  if (others.length > 0 || misplaced || !bytes?.length || payload === undefined || !signature?.length) {
    throw malformed('it is not a JWS in its compact form');
  }
  const header = scanJson(bytes, pointers);
  const named = header.text(headerFields.alg);
  const algorithm = allowed.find((name) => name === named);
  if (algorithm === undefined) throw malformed('the token names an algorithm that is not allowed');
  // An extension that must be understood isn't.
  if (header.has(headerFields.crit)) throw malformed('the token has a critical extension');
  return {
    header,
    plan: planJws(algorithm),
    signature,
    inputs: detached ? (contents) => detachedInputs(head, contents) : () => [[`${head}.${body}`]],
    ...(detached ? {} : { payload }),
  };
}

/** Bytes of all contents together: for each of them and for each key they are encoded, hashed and held against the signature. */
const mostDetached = 384 * 1024;

function detachedInputs(head: string, contents: readonly (readonly Value[])[]): readonly (readonly Value[])[] {
  if (contents.flat().reduce((sum, { length }) => sum + length, 0) > mostDetached) {
    throw malformed(`what may be signed has more than ${mostDetached / 1024} KiB together`);
  }
  return contents.map((content) => detachedInput(head, content));
}

function detachedInput(head: string, content: readonly Value[]): readonly Value[] {
  return [Buffer.from(`${head}.${concat(content).toString('base64url')}`, 'latin1')];
}

export function tokenFits({ plan, signature }: JwsToken, input: readonly Value[], key: KeyObject): boolean {
  if (!suits(plan, key)) return false;
  return plan.kind === 'asymmetric'
    ? verifyBytes(plan, input, key, signature)
    : sameText(encodedDigest(plan, input, key, 'base64url'), signature.toString('base64url'));
}

/** The compact form of a JWS with this header; `payload` is left out of a detached one. */
export function makeToken(
  header: object,
  algorithm: JwsAlgorithm,
  payload: Buffer,
  key: KeyObject,
  detached: boolean,
): string {
  const plan = planJws(algorithm);
  const head = Buffer.from(JSON.stringify({ alg: algorithm, ...header })).toString('base64url');
  const input = [`${head}.${payload.toString('base64url')}`];
  const signature =
    plan.kind === 'asymmetric'
      ? signBytes(plan, input, key).toString('base64url')
      : encodedDigest(plan, input, key, 'base64url');
  return `${detached ? `${head}.` : input[0]}.${signature}`;
}

function malformed(detail: string): Rejection {
  return new Rejection('signature_malformed', { detail });
}
