import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Endpoint, OutgoingRequest, Secret } from '../../core/model.js';
import { isActive } from '../../signature/secrets.js';
import { writeJson } from '../../util/json/write.js';
import type { Message } from './freshen.js';

/** The active secrets, the one that became active last first; of those that did so together, in their order. */
export function newestSecrets({ secrets }: Endpoint, now: number): readonly Secret[] {
  return secrets
    .filter((secret) => isActive(secret, now))
    .toSorted((one, other) => (other.notBefore ?? 0) - (one.notBefore ?? 0));
}

/** The secret that a provider would sign with now. */
export function newestSecret(endpoint: Endpoint, now: number): Secret | undefined {
  return newestSecrets(endpoint, now)[0];
}

/**
 * The address of an endpoint. `base` is the gateway's URL, or, if it has a path of its own, the whole address.
 */
export function addressOf(endpoint: Endpoint, base: string): string {
  const url = new URL(base);
  if (url.pathname === '/') url.pathname = endpoint.path;
  return url.href;
}

/**
 * The message as an unsigned request: the payload as compact JSON, or, where the message's own content type says so, as
 * a form. A payload that is a text is sent as it is under any other content type than JSON.
 */
export function makeRequest(url: string, { headers: given, payload }: Message): OutgoingRequest {
  const headers = { 'content-type': 'application/json', ...given };
  return { method: 'POST', url, headers, body: Buffer.from(bodyText(payload, headers['content-type'])) };
}

function bodyText(payload: unknown, contentType: string): string {
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType)) return formText(Object(payload));
  return typeof payload === 'string' && !/[/+]json\b/i.test(contentType) ? payload : writeJson(payload);
}

/** A list is a name several times. */
function formText(fields: { readonly [name: string]: unknown }): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const each of [value].flat()) form.append(name, String(each));
  }
  return form.toString();
}

/** The request as the endpoint's provider would sign it. `now` in milliseconds since the epoch. */
export function signRequest(
  endpoint: Endpoint,
  secret: Secret,
  request: OutgoingRequest,
  now: number,
): OutgoingRequest {
  const { provider, surroundings, secrets } = endpoint;
  return provider.scheme.sign(request, secret.key, now, surroundings, secrets);
}

/**
 * The request signed, with one character of the signature changed: everything else about it is right. Where the
 * signature stands shows in the difference to what another key signs.
 */
export function signWrongly(
  endpoint: Endpoint,
  secret: Secret,
  request: OutgoingRequest,
  now: number,
): OutgoingRequest {
  const { surroundings, provider, secrets } = endpoint;
  const signed = signRequest(endpoint, secret, request, now);
  const others = secrets.map((each) => ({ ...each, key: anotherKey(each.key) }));
  const other = provider.scheme.sign(signed, anotherKey(secret.key), now, surroundings, others);
  for (const [name, value] of Object.entries(signed.headers)) {
    const changed = changeFirstDifference(value, other.headers[name] ?? value);
    if (changed !== undefined) return { ...signed, headers: { ...signed.headers, [name]: changed } };
  }
  const changed = changeFirstDifference(signed.body.toString('latin1'), other.body.toString('latin1'));
  return changed === undefined ? signed : { ...signed, body: Buffer.from(changed, 'latin1') };
}

const anotherRsa = { modulusLength: 2048 };

/** A key of the same kind that nobody uses. */
function anotherKey(key: KeyObject): KeyObject {
  const { namedCurve = 'prime256v1' } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return generateKeyPairSync('rsa', anotherRsa).privateKey;
    case 'ec':
      return generateKeyPairSync('ec', { namedCurve }).privateKey;
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey;
    default:
      return createSecretKey(Buffer.alloc(32, 'another key'));
  }
}

/** `undefined` if there is none. The new character is a digit: valid in hex and in base64. */
function changeFirstDifference(text: string, other: string): string | undefined {
  const at = [...text].findIndex((character, index) => character !== other[index]);
  if (at === -1) return undefined;
  return text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1);
}
