import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { OutgoingRequest, Secret } from '../../src/core/model.js';
import { freshen } from '../../src/testing/simulator/freshen.js';
import { makeRequest } from '../../src/testing/simulator/request.js';
import type { Dice } from '../support/mutate.js';
import { site, type Target } from './scene.js';
import type { WireRequest } from './wire.js';

/** A request as its provider sends it. `now`: when it signs, in milliseconds since the epoch. */
export function sendHonestly(target: Target, dice: Dice, now = Date.now()): WireRequest {
  return toWire(signed(target, unsigned(target, dice, now), now));
}

/** An example with identifiers and times of its own. */
export function unsigned(target: Target, dice: Dice, now: number): OutgoingRequest {
  const { endpoint, examples } = target;
  const example = examples[dice(examples.length)];
  if (example === undefined) throw new Error(`${endpoint.provider.name} has no examples`);
  return makeRequest(site + endpoint.path, freshen(example, example.fresh, endpoint.provider.items, now, dice));
}

export function signed({ endpoint }: Target, request: OutgoingRequest, now: number): OutgoingRequest {
  const { provider, surroundings, secrets } = endpoint;
  const secret = chosen(secrets);
  return secret === undefined ? request : provider.scheme.sign(request, secret.key, now, surroundings, secrets);
}

/** The same by somebody who has other keys of the same kinds. */
export function signedByStranger({ endpoint }: Target, request: OutgoingRequest, now: number): OutgoingRequest {
  const { provider, surroundings, secrets } = endpoint;
  const others = secrets.map((secret) => ({ ...secret, key: strangerKey(secret.key) }));
  const secret = chosen(others);
  return secret === undefined ? request : provider.scheme.sign(request, secret.key, now, surroundings, others);
}

/** What only the provider has signs before what both know. */
function chosen(secrets: readonly Secret[]): Secret | undefined {
  return secrets.find(({ key }) => key.type === 'private') ?? secrets[0];
}

const strangers = new Map<string, KeyObject>();

function strangerKey(key: KeyObject): KeyObject {
  const { namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  const kind = `${key.asymmetricKeyType ?? 'secret'} ${namedCurve}`;
  const made = strangers.get(kind) ?? makeKey(key.asymmetricKeyType, namedCurve);
  strangers.set(kind, made);
  return made;
}

function makeKey(type: string | undefined, namedCurve: string): KeyObject {
  if (type === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  if (type === 'ec') return generateKeyPairSync('ec', { namedCurve }).privateKey;
  if (type === 'ed25519') return generateKeyPairSync('ed25519').privateKey;
  return createSecretKey(Buffer.from('57a2e657a2e657a2e657a2e657a2e657'));
}

export function toWire({ method, url, headers, body }: OutgoingRequest): WireRequest {
  const { pathname, search, host } = new URL(url);
  return { method, target: pathname + search, headers: [['Host', host], ...Object.entries(headers)], body };
}
