import { type KeyObject, randomUUID } from 'node:crypto';
import { applyEdits, modify } from 'jsonc-parser';
import type { OutgoingRequest } from '../model.js';
import { Rejection } from '../rejection.js';
import { decodeBody, parseBody, pointerPath, selectItems } from './json-body.js';
import type { Plan } from './plan.js';
import { type Message, render } from './sources.js';
import { formatTimestamp } from './timestamp.js';
import { computeDigest } from './verify.js';

/**
 * `Scheme.sign`. Headers that are signed and given are kept; a missing timestamp becomes `now`, any other missing
 * header a new id. Throws an Error if the body lacks what this scheme signs.
 */
export function signRequest(plan: Plan, request: OutgoingRequest, key: KeyObject, now: number): OutgoingRequest {
  try {
    const headers = { ...missingHeaders(plan, now), ...request.headers };
    const prepared = { ...request, headers };
    return plan.parts.from.source === 'item'
      ? { ...prepared, body: signItems(plan, prepared, key) }
      : { ...prepared, headers: { ...headers, [plan.parts.from.name]: signatureText(plan, prepared, key, now) } };
  } catch (error) {
    throw error instanceof Rejection ? new Error(`the request cannot be signed: ${error.detail}`) : error;
  }
}

function missingHeaders(plan: Plan, now: number): { [name: string]: string } {
  const headers: { [name: string]: string } = {};
  for (const part of plan.parts.content) {
    if (part.source === 'header') {
      headers[part.name] = `msg_${randomUUID().replaceAll('-', '')}`;
    }
  }
  if (plan.timestamp !== undefined && plan.parts.timestamp?.source === 'header') {
    headers[plan.parts.timestamp.name] = formatTimestamp(now, plan.timestamp.unit);
  }
  return headers;
}

function signatureText(plan: Plan, request: OutgoingRequest, key: KeyObject, now: number): string {
  const { keys, items, pair, pick } = plan.entries;
  const time = plan.timestamp === undefined ? undefined : formatTimestamp(now, plan.timestamp.unit);
  const sig = keys.map((name) => (isTimestamp(plan, name) ? time : undefined));
  const signature = plan.strip + digestText(plan, messageOf(plan, request, sig), key);
  if (pair === undefined || pick === undefined) {
    return signature;
  }
  const entries = keys.map((name, index) => `${name}${pair}${sig[index] ?? ''}`);
  return [...entries, `${pick}${pair}${signature}`].join(items);
}

function isTimestamp(plan: Plan, sigKey: string): boolean {
  return plan.parts.timestamp?.source === 'sig' && plan.parts.timestamp.name === sigKey;
}

/** Writes each item's signature into the body and leaves every other byte as it is. */
function signItems(plan: Plan, request: OutgoingRequest, key: KeyObject): Buffer {
  const message = messageOf(plan, request, []);
  const items = message.document === undefined ? [] : selectItems(message.document, plan.items ?? []);
  let text = decodeBody(request.body);
  for (const item of items) {
    const path = [...item.path, ...pointerPath(plan.parts.from.name)];
    const signature = plan.strip + digestText(plan, { ...message, item }, key);
    text = applyEdits(text, modify(text, path, signature, {}));
  }
  return Buffer.from(text, 'utf8');
}

function messageOf(plan: Plan, request: OutgoingRequest, sig: Message['sig']): Message {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, [value]]));
  const document = plan.readsBody ? parseBody(request.body) : undefined;
  return { method: request.method, headers, body: request.body, sig, document };
}

function digestText(plan: Plan, message: Message, key: KeyObject): string {
  const chunks: (string | Buffer)[] = [];
  const missing = render(plan.content, message, chunks);
  if (missing !== undefined) {
    throw new Rejection('signature_malformed', { detail: `${missing} is missing` });
  }
  return computeDigest(plan, chunks, key);
}
