import { type KeyObject, randomUUID } from 'node:crypto';
import type { EndpointContext, OutgoingRequest, Secret } from '../core/model.js';
import { Rejection } from '../core/rejection.js';
import { concat, encodedDigest, planJws, signBytes, suits } from './algorithms.js';
import type { Value } from './filters.js';
import { itemPointer, scanJson } from './json-scan.js';
import { makeToken } from './jws.js';
import { SignedMessage } from './message.js';
import { placeValue } from './place.js';
import type { Method, Plan } from './plan.js';
import { methodOf } from './read-signature.js';
import { applies, type Tree } from './scheme-tree.js';
import { newestKeys } from './secrets.js';
import { render, renderBytes } from './sources.js';
import type { ValuePart } from './templates.js';
import { formatTimestamp } from './timestamp.js';

/** What a signature is made with. */
export interface Signer {
  readonly key: KeyObject;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly surroundings?: EndpointContext | undefined;
  readonly others?: readonly Secret[] | undefined;
}

/** `Scheme.sign`: with every scheme of `all`, with the first of `any` that can be and is for such a request. */
export function signTree(tree: Tree, request: OutgoingRequest, signer: Signer): OutgoingRequest {
  if (tree.kind === 'one') return signPlan(tree.plan, request, signer);
  if (tree.kind === 'all') return tree.trees.reduce((signed, each) => signTree(each, signed, signer), request);
  let failure = new Error('the request cannot be signed: no scheme is for it');
  for (const each of tree.trees) {
    try {
      const signed = signTree(each, request, signer);
      if (applies(each, messageOf(signed, signer))) return signed;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      failure = error;
    }
  }
  throw failure;
}

/**
 * Headers that are signed and given are kept; a missing timestamp becomes `now`, any other missing header what the
 * scheme requires of it, or a new id. Throws an Error if the body lacks what this scheme signs.
 */
function signPlan(plan: Plan, request: OutgoingRequest, signer: Signer): OutgoingRequest {
  const key = keyFor(plan, signer);
  const [place] = plan.parts.from;
  if (place === undefined) throw new Error('the scheme has no place for a signature');
  const unsigned = messageOf(request, signer);
  unsigned.key = key;
  const prepared = { ...request, headers: { ...missingHeaders(plan, unsigned, signer.now), ...request.headers } };
  const message = messageOf(prepared, signer);
  message.key = key;
  message.sig = plan.entries.keys.map((name) => entryValue(plan, name, message, signer.now));
  try {
    const method = methodOf(plan, message);
    const { items } = plan;
    if (items === undefined) return placeValue(prepared, place, '', signatureText(plan, method, message, signer));
    let signed: OutgoingRequest = prepared;
    message.eachItem(items, (item, indices) => {
      message.item = item;
      const pointer = itemPointer(items.path, indices);
      signed = placeValue(signed, place, pointer, signatureText(plan, method, message, signer));
    });
    return signed;
  } catch (error) {
    throw error instanceof Rejection ? new Error(`the request cannot be signed: ${error.detail}`) : error;
  }
}

function keyFor({ secret }: Plan, { key, others = [], now }: Signer): KeyObject {
  return (secret === undefined ? undefined : newestKeys(others, now).get(secret)) ?? key;
}

function messageOf(request: OutgoingRequest, { now, surroundings, others = [] }: Signer): SignedMessage {
  const { method, body } = request;
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, [value]]));
  const { pathname, search, origin } = new URL(request.url);
  const around = { params: {}, ...surroundings, url: surroundings?.url ?? origin + pathname };
  const message = new SignedMessage({ method, headers, body, target: pathname + search }, around);
  message.secrets = newestKeys(others, now);
  return message;
}

/** What the sender writes beside the signature: the time, the name of the algorithm, the headers that it signs. */
function entryValue(plan: Plan, name: string, message: SignedMessage, now: number): string | undefined {
  const is = (part: ValuePart | undefined) => part?.source === 'sig' && part.name === name;
  if (is(plan.parts.timestamp)) return formatTimestamp(now, plan.timestamp?.unit ?? 's');
  if (is(plan.parts.named)) return firstCase(plan);
  if (plan.parts.lists.some(is)) return 'content-type';
  const required = requiredValue(plan, `{sig.${name}}`, message);
  return required ?? (plan.parts.signed.some(is) ? randomUUID() : undefined);
}

function firstCase({ declaration: { algorithm } }: Plan): string | undefined {
  return typeof algorithm === 'string' ? undefined : Object.keys(algorithm.cases)[0];
}

/** What the plugin's conditions say that a value must be. */
function requiredValue({ require, when }: Plan, template: string, message: SignedMessage): string | undefined {
  const condition = [...require, ...when].find(({ label, expected }) => label === template && expected !== undefined);
  return condition?.expected && renderBytes(condition.expected, message)?.toString();
}

function missingHeaders(plan: Plan, message: SignedMessage, now: number): { [name: string]: string } {
  const { from, all, timestamp, named, lists } = plan.parts;
  const headers: { [name: string]: string } = {};
  for (const part of all) {
    const template = `{header.${part.name}}`;
    if (part.source !== 'header' || from.some(({ name }) => name === part.name)) continue;
    if (plan.declaration.when?.[template] === false) continue;
    headers[part.name] = requiredValue(plan, template, message) ?? `msg_${randomUUID().replaceAll('-', '')}`;
  }
  if (named?.source === 'header') headers[named.name] = firstCase(plan) ?? '';
  for (const part of lists) if (part.source === 'header') headers[part.name] = 'content-type';
  if (timestamp?.source === 'header') headers[timestamp.name] = formatTimestamp(now, plan.timestamp?.unit ?? 's');
  return headers;
}

/** The text that carries the signature, with everything beside it. */
function signatureText(plan: Plan, method: Method, message: SignedMessage, signer: Signer): string {
  const signature = plan.strip + signatureOf(plan, method, message, signer);
  const { keys, items, pair, pick } = plan.entries;
  if (items === undefined) return encodeWhole(plan, signature);
  const entries = keys.flatMap((name, index) => {
    const value = message.sig[index];
    return value === undefined ? [] : [pair === undefined ? value : `${name}${pair}${value}`];
  });
  const own = plan.picked === undefined ? (pick === '*' ? 'k1' : pick) : renderBytes(plan.picked, message)?.toString();
  const entry = pair === undefined ? signature : `${own}${pair}${signature}`;
  if (pair === undefined && pick !== undefined) entries.splice(Number(pick), 0, entry);
  else entries.push(entry);
  return encodeWhole(plan, entries.join(items));
}

function encodeWhole({ decode }: Plan, text: string): string {
  return decode === undefined ? text : Buffer.from(text, 'latin1').toString(decode);
}

function signatureOf(plan: Plan, { algorithm }: Method, message: SignedMessage, signer: Signer): string {
  const key = message.key ?? signer.key;
  if (algorithm.kind === 'jws') return tokenOf(plan, algorithm.detached, message, key, signer.now);
  const content = contentOf(plan, message);
  if (algorithm.kind === 'equals') {
    const text = concat(content);
    return plan.declaration.algorithm === 'basic' ? text.toString('base64') : text.toString('latin1');
  }
  if (!suits(algorithm, key)) throw new Error('the key is not of the kind that the algorithm needs');
  if (algorithm.kind !== 'asymmetric') return encodedDigest(algorithm, content, key, plan.encoding);
  if (key.type !== 'private') throw new Error('only the private key can sign');
  const bytes = signBytes(algorithm, content, key);
  return plan.encoding === 'base64-hex'
    ? Buffer.from(bytes.toString('hex')).toString('base64')
    : bytes.toString(plan.encoding);
}

function contentOf({ contents }: Plan, message: SignedMessage): readonly Value[] {
  let missing: string | undefined;
  for (const pieces of contents) {
    const chunks: Value[] = [];
    const lacks = render(pieces, message, chunks);
    if (lacks === undefined) return chunks;
    missing ??= lacks;
  }
  throw new Rejection('signature_malformed', { detail: `${missing} is missing` });
}

function tokenOf(plan: Plan, detached: boolean, message: SignedMessage, key: KeyObject, now: number): string {
  const algorithm = plan.jwt?.algorithms.find((name) => suits(planJws(name), key) && key.type !== 'public');
  if (algorithm === undefined) throw new Error('the key is not of the kind that the token needs');
  if (detached) {
    const names = plan.parts.all.filter(({ source }) => source === 'jws').map(({ name }) => name);
    const header = Object.fromEntries(names.map((name) => [name, jwsValue(plan, name, message)]));
    message.jws = scanJson(Buffer.from(JSON.stringify(header)), plan.header);
    return makeToken(header, algorithm, concat(contentOf(plan, message)), key, true);
  }
  const seconds = Math.floor(now / 1000);
  const claims: { [name: string]: unknown } = { iat: seconds, nbf: seconds, exp: seconds + 60, jti: randomUUID() };
  for (const [name, expected] of plan.jwt?.claims ?? []) {
    const value = typeof expected === 'boolean' ? expected || undefined : renderBytes(expected, message)?.toString();
    if (value !== undefined) claims[name] = value;
  }
  return makeToken({ typ: 'JWT' }, algorithm, Buffer.from(JSON.stringify(claims)), key, false);
}

function jwsValue(plan: Plan, name: string, message: SignedMessage): string {
  if (plan.parts.lists.some((part) => part.source === 'jws' && part.name === name)) return 'content-type';
  return requiredValue(plan, `{jws.${name}}`, message) ?? 'development';
}
