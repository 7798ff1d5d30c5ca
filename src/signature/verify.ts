import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Delivery, Proof, Secret } from '../model.js';
import { Rejection } from '../rejection.js';
import { splitEntries } from './entries.js';
import { parseBody, pathPointer, selectItems } from './json-body.js';
import type { Plan } from './plan.js';
import { type Message, render } from './sources.js';
import { checkWindow, parseTimestamp } from './timestamp.js';

const noEntries: readonly (string | undefined)[] = [];

/** `Scheme.verify`: a batch whose items are signed one by one is proven only if each of them is. */
export function verifyDelivery(plan: Plan, delivery: Delivery, secrets: readonly Secret[], now: number): Proof {
  const { method, headers, body } = delivery;
  const document = plan.readsBody ? parseBody(body) : undefined;
  const message = { method, headers, body, sig: noEntries, document };
  if (plan.items === undefined || document === undefined) {
    return verifyMessage(plan, message, secrets, now);
  }
  let proof: Proof | undefined;
  for (const item of selectItems(document, plan.items)) {
    try {
      const proven = verifyMessage(plan, { ...message, item }, secrets, now);
      proof ??= proven;
    } catch (error) {
      throw error instanceof Rejection ? atItem(error, pathPointer(item.path)) : error;
    }
  }
  if (proof === undefined) {
    throw new Rejection('signature_missing', { detail: 'the batch is empty: nothing in it is signed' });
  }
  return proof;
}

function atItem({ code, detail }: Rejection, item: string): Rejection {
  return new Rejection(code, detail === undefined ? { item } : { item, detail });
}

/** The order of the checks: form, then signature, then age, since the time of an unsigned request proves nothing. */
function verifyMessage(plan: Plan, unsplit: Message, secrets: readonly Secret[], now: number): Proof {
  const text = plan.from.read(unsplit);
  if (text === undefined || text === '') {
    throw new Rejection('signature_missing', { detail: `${plan.from.label} is missing` });
  }
  const { candidates, values } = splitEntries(text, plan.entries);
  const message = { ...unsplit, sig: values };
  const digests = readDigests(plan, candidates);
  const signedAt = readTimestamp(plan, message);
  const secret = findSecret(plan, contentOf(plan, message), digests, secrets, now);
  if (plan.timestamp === undefined || signedAt === undefined) {
    return { secret: secret.name };
  }
  checkWindow(signedAt, plan.timestamp, now);
  return { secret: secret.name, signedAt };
}

/** The candidates that have the form of a signature; the others can't fit. */
function readDigests({ from, entries, strip, encoding, form, hash }: Plan, candidates: readonly string[]): string[] {
  if (candidates.length === 0) {
    throw new Rejection('signature_missing', { detail: `${from.label} has no "${entries.pick}"` });
  }
  const digests: string[] = [];
  for (const candidate of candidates) {
    const digest = candidate.slice(strip.length);
    if (candidate.startsWith(strip) && form.test(digest)) {
      digests.push(encoding === 'hex' ? digest.toLowerCase() : digest);
    }
  }
  if (digests.length === 0) {
    throw new Rejection('signature_malformed', { detail: `${from.label} is not the ${encoding} of a ${hash} digest` });
  }
  return digests;
}

function readTimestamp(plan: Plan, message: Message): number | undefined {
  if (plan.timestamp === undefined) {
    return undefined;
  }
  const text = plan.timestamp.value.read(message);
  const signedAt = text === undefined ? undefined : parseTimestamp(text, plan.timestamp.unit);
  if (signedAt === undefined) {
    const fault = text === undefined ? 'is missing' : `is not a timestamp (${plan.timestamp.unit})`;
    throw new Rejection('timestamp_malformed', { detail: `${plan.timestamp.value.label} ${fault}` });
  }
  return signedAt;
}

type Content = readonly (string | Buffer)[];

function contentOf(plan: Plan, message: Message): Content {
  const chunks: (string | Buffer)[] = [];
  const missing = render(plan.content, message, chunks);
  if (missing !== undefined) {
    throw new Rejection('signature_malformed', { detail: `${missing} is missing and should be signed` });
  }
  return chunks;
}

/** One digest for each secret, however many signatures there are. */
function findSecret(
  plan: Plan,
  content: Content,
  digests: readonly string[],
  secrets: readonly Secret[],
  now: number,
): Secret {
  let inactive: Secret | undefined;
  for (const secret of secrets) {
    if (fits(digests, computeDigest(plan, content, secret.key))) {
      if (isActive(secret, now)) {
        return secret;
      }
      inactive = secret;
    }
  }
  if (inactive !== undefined) {
    throw new Rejection('secret_inactive', { detail: `it is that of the secret "${inactive.name}"` });
  }
  throw new Rejection('signature_mismatch');
}

/** Compared in constant time. All have the same length: that of the form. */
function fits(digests: readonly string[], expected: string): boolean {
  const bytes = Buffer.from(expected, 'latin1');
  return digests.some((digest) => timingSafeEqual(Buffer.from(digest, 'latin1'), bytes));
}

function isActive({ notBefore, expires }: Secret, now: number): boolean {
  return (notBefore === undefined || notBefore <= now) && (expires === undefined || now < expires);
}

/** The digest in the encoding of the scheme. */
export function computeDigest(plan: Plan, content: Content, key: KeyObject): string {
  const hmac = createHmac(plan.hash, key);
  for (const chunk of content) {
    hmac.update(chunk);
  }
  return hmac.digest(plan.encoding);
}
