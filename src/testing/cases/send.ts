import type { Example } from '../../config/plugins/examples.js';
import { assumeProven } from '../../core/dry-run.js';
import type { Endpoint, OutgoingRequest, Secret } from '../../core/model.js';
import { parseDuration } from '../../util/duration.js';
import { parseExactly } from '../../util/json/parse.js';
import { parsePath, removeAt } from '../../util/json/paths.js';
import { writeJson } from '../../util/json/write.js';
import { placeholderId } from '../../util/placeholder-id.js';
import { readRequest } from '../diagnosis/captured-request.js';
import { compose, requestOfBody, requestOfExample, toDelivery } from '../dry-run/compose.js';
import { dryRunRequest, type RequestOptions, type RequestResult } from '../dry-run/request.js';
import { withByteChanged } from '../plugins/tamper.js';
import { applyOverrides } from '../simulator/override.js';
import { newestSecret, signRequest, signWrongly } from '../simulator/request.js';
import type { GivenDeclaration, Signing } from './declaration.js';

export interface SendOptions extends Omit<RequestOptions, 'now' | 'keys'> {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Of the endpoint's plugin. */
  readonly examples: readonly Example[];
  /** A file of the test, by the name that it uses. Rejects with an Error that names it. */
  readonly read: (name: string) => Promise<Buffer>;
}

/** Takes what a test gives through the pipeline. Throws an Error, for people, if it can't be made. */
export async function sendGiven(
  endpoint: Endpoint,
  given: GivenDeclaration,
  options: SendOptions,
): Promise<RequestResult> {
  const now = given.time === undefined ? options.now : Date.parse(given.time);
  const walkOptions = { now, largest: options.largest, deadLetterTopic: options.deadLetterTopic };
  if (given.request !== undefined) {
    const { notes: _, ...request } = readRequest(await options.read(given.request));
    return dryRunRequest(endpoint, { id: placeholderId, receivedAt: now, ...request }, walkOptions);
  }
  const request = await requestOf(endpoint, given, options);
  const { signing = 'valid' } = given;
  if (signing === 'valid') {
    const composed = compose(endpoint, request, now);
    return dryRunRequest(composed.signed ? endpoint : assumeProven(endpoint, 'none'), composed.delivery, walkOptions);
  }
  return dryRunRequest(endpoint, toDelivery(sign(endpoint, request, signing, now), now), walkOptions);
}

async function requestOf(endpoint: Endpoint, given: GivenDeclaration, options: SendOptions): Promise<OutgoingRequest> {
  const request = await unpatched(endpoint, given, options);
  return { ...request, headers: { ...request.headers, ...given.headers } };
}

async function unpatched(
  endpoint: Endpoint,
  { example: type, payload, file, set = {}, remove = [], headers = {} }: GivenDeclaration,
  { examples, read }: SendOptions,
): Promise<OutgoingRequest> {
  const patch = (value: unknown) => {
    const overrides = Object.entries(set).map(([path, each]) => ({ path: parsePath(path), value: each }));
    return remove.reduce((patched, path) => removeAt(patched, parsePath(path)), applyOverrides(value, overrides));
  };
  if (type !== undefined) {
    const example = examples.find((each) => each.type === type);
    if (example === undefined) throw new Error(`plugin ${endpoint.provider.name} has no example of "${type}"`);
    return requestOfExample(endpoint, { headers: { ...example.headers, ...headers }, payload: patch(example.payload) });
  }
  if (file === undefined) return requestOfExample(endpoint, { headers, payload: patch(payload) });
  const body = await read(file);
  const patched = Object.keys(set).length + remove.length > 0;
  return requestOfBody(endpoint, patched ? Buffer.from(writeJson(patch(parseBody(file, body)))) : body);
}

function parseBody(file: string, body: Buffer): unknown {
  try {
    return parseExactly(body.toString('utf8'));
  } catch {
    throw new Error(`${file} is not JSON, so nothing can be put into it`);
  }
}

function sign(
  endpoint: Endpoint,
  request: OutgoingRequest,
  signing: Exclude<Signing, 'valid'>,
  now: number,
): OutgoingRequest {
  if (signing === 'none') return request;
  const secret = secretFor(endpoint, signing, now);
  if (signing === 'wrong') return signWrongly(endpoint, secret, request, now);
  if (signing === 'tampered') {
    const signed = signRequest(endpoint, secret, request, now);
    return withByteChanged(signed, Math.floor(signed.body.length / 2));
  }
  const { age = '0s', ahead = '0s' } = signing;
  return signRequest(endpoint, secret, request, now - parseDuration(age) + parseDuration(ahead));
}

function secretFor(endpoint: Endpoint, signing: Exclude<Signing, 'valid' | 'none'>, now: number): Secret {
  const name = typeof signing === 'object' ? signing.secret : undefined;
  const secret = name === undefined ? newestSecret(endpoint, now) : endpoint.secrets.find((each) => each.name === name);
  if (secret !== undefined) return secret;
  const names = endpoint.secrets.map((each) => each.name).join(', ') || 'none';
  throw new Error(
    `endpoint "${endpoint.name}" has no secret ${name === undefined ? 'active then' : `"${name}"`}: ${names}`,
  );
}
