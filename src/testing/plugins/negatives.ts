import type { SoundPlugin } from '../../config/plugins/catalogue.js';
import type { Endpoint, OutgoingRequest, Proof, Secret } from '../../core/model.js';
import { Rejection } from '../../core/rejection.js';
import { verify } from '../../core/stages/verify.js';
import { schemesOf } from '../../signature/declared-schemes.js';
import { toDelivery } from '../dry-run/compose.js';
import type { Check } from './checks.js';
import { downgrades, positionsOf, withByteChanged, withForeignSignature, withoutHeader } from './tamper.js';
import { differUnsignedOnly, type UnsignedFields, unsignedFields } from './unsigned-fields.js';

/** Who takes part. */
export interface TestKeys {
  /** With the secrets of which one signs. */
  readonly endpoint: Endpoint;
  /** A secret of each kind that the endpoint does not have. */
  readonly others: readonly Secret[];
  /** Absent: only the provider can sign. */
  readonly signer?: Secret;
  /** Of the same kind as `signer`, among `others`. */
  readonly stranger?: Secret;
}

/** How many bytes of a body are changed, one at a time. */
const mostBytes = 64;
const century = 100 * 365 * 86_400_000;

export function signWith(endpoint: Endpoint, { key }: Secret, request: OutgoingRequest, now: number): OutgoingRequest {
  const { provider, surroundings, secrets } = endpoint;
  return provider.scheme.sign(request, key, now, surroundings, secrets);
}

/** Changes a request in every way that its signature must notice. `request` is not signed yet. */
export function negatives(
  { provider, declaration }: SoundPlugin,
  { endpoint, others, signer, stranger }: TestKeys,
  request: OutgoingRequest,
  now: number,
): readonly Check[] {
  if (signer === undefined || stranger === undefined) return [];
  const signed = signWith(endpoint, signer, request, now);
  const attempt = (changed: OutgoingRequest, at = now, secrets = endpoint.secrets) =>
    prove({ ...endpoint, secrets }, changed, at);
  const foreign = signWith({ ...endpoint, secrets: others }, stranger, request, now);
  const schemes = schemesOf(declaration.signature);
  const rotated = signWith(withKind(endpoint, stranger), stranger, request, now);
  return [
    refused('not signed', attempt(request)),
    ...bytesChanged(provider.scheme.binds, signed, attempt, unsignedFields(declaration.signature)),
    ...headersMissing(provider.scheme, signed, attempt),
    ...wrongTimes(attempt(signed), (at) => attempt(signed, at), now),
    refused('signed with another secret', attempt(foreign)),
    taken('signed with the second of two active secrets', attempt(rotated, now, [...endpoint.secrets, stranger])),
    taken('signed with the first of two active secrets', attempt(signed, now, [stranger, ...endpoint.secrets])),
    ...schemes.flatMap((scheme) => {
      const both = withForeignSignature(scheme, signed, foreign);
      return both === undefined ? [] : [taken('a good signature after a foreign one', attempt(both))];
    }),
    ...schemes
      .flatMap((scheme) => downgrades(scheme, signed))
      .map(({ what, request: changed }) => refused(what, attempt(changed))),
  ];
}

/** The endpoint with this secret in the place of its own of the same kind. */
function withKind(endpoint: Endpoint, secret: Secret): Endpoint {
  return { ...endpoint, secrets: [...endpoint.secrets.filter((own) => own.for !== secret.for), secret] };
}

type Attempt = (request: OutgoingRequest, at?: number, secrets?: readonly Secret[]) => Proof | Rejection;

function prove(endpoint: Endpoint, request: OutgoingRequest, now: number): Proof | Rejection {
  try {
    return verify(endpoint, toDelivery(request, now), now).proof;
  } catch (error) {
    if (error instanceof Rejection) return error;
    throw error;
  }
}

function bytesChanged(
  binds: 'body' | 'fields' | 'nothing',
  signed: OutgoingRequest,
  attempt: Attempt,
  unsigned: UnsignedFields | undefined,
): Check[] {
  if (binds === 'nothing' || signed.body.length === 0) return [];
  const outcomes = positionsOf(signed.body, binds === 'body' ? mostBytes : 16 * mostBytes).map((at) => ({
    at,
    outcome: attempt(withByteChanged(signed, at)),
  }));
  const what = 'a byte of the body changed';
  const missed = outcomes.find(({ at, outcome }) => {
    if (outcome instanceof Rejection) return false;
    return unsigned === undefined || !differUnsignedOnly(unsigned, signed, withByteChanged(signed, at));
  });
  if (binds === 'body') {
    if (missed === undefined) return [{ what, outcome: 'passed' }, ...fieldsChanged(unsigned)];
    return [{ what, outcome: 'failed', expected: 'a refusal', got: `taken, with byte ${missed.at} changed` }];
  }
  const noticed = outcomes.some(({ outcome }) => outcome instanceof Rejection);
  return [noticed ? { what, outcome: 'passed' } : { what, outcome: 'failed', expected: 'a refusal', got: 'taken' }];
}

/** Said of each plugin that leaves fields out, whether or not a changed byte was one of theirs. */
function fieldsChanged(unsigned: UnsignedFields | undefined): Check[] {
  if (unsigned === undefined) return [];
  const left = [...unsigned.names, ...(unsigned.empty ? ['fields without a value'] : [])].join(' and ');
  return [{ what: 'a field changed', outcome: 'unbound', got: `taken, as the signature leaves out ${left}` }];
}

function headersMissing(scheme: Endpoint['provider']['scheme'], signed: OutgoingRequest, attempt: Attempt): Check[] {
  return scheme.headers
    .filter((name) => signed.headers[name] !== undefined)
    .map((name) => {
      const what = `header ${name} missing`;
      const outcome = attempt(withoutHeader(signed, name));
      if (outcome instanceof Rejection || scheme.signedHeaders.includes(name)) return refused(what, outcome);
      return { what, outcome: 'unbound', got: 'taken, as the signature does not cover it' };
    });
}

/** Where the scheme says when a delivery was signed, one of long ago and one of the future are refused. */
function wrongTimes(proof: Proof | Rejection, attemptAt: (at: number) => Proof | Rejection, now: number): Check[] {
  if (proof instanceof Rejection) return [];
  if (proof.signedAt === undefined) {
    return [{ what: 'sent again later', outcome: 'unbound', got: 'taken, as no time is checked' }];
  }
  return [refused('stale', attemptAt(now + century)), refused('signed in the future', attemptAt(now - century))];
}

function refused(what: string, outcome: Proof | Rejection): Check {
  if (outcome instanceof Rejection) return { what, outcome: 'passed' };
  return { what, outcome: 'failed', expected: 'a refusal', got: `taken, as signed with ${outcome.secret}` };
}

function taken(what: string, outcome: Proof | Rejection): Check {
  if (!(outcome instanceof Rejection)) return { what, outcome: 'passed' };
  const { code, detail, message } = outcome;
  return { what, outcome: 'failed', expected: 'proven', got: `${code}: ${detail ?? message}` };
}
