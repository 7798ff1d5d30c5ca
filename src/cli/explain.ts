import { randomUUID } from 'node:crypto';
import { resolve, sep } from 'node:path';
import type { GatewaySettings } from '../config/settings.js';
import type { Delivery, Endpoint } from '../core/model.js';
import { Failure } from '../exit.js';
import type { Explanation, Verification } from '../testing/dry-run/explanation.js';
import type { GivenRecord, Input } from '../testing/dry-run/input.js';
import type { RequestResult } from '../testing/dry-run/request.js';
import { mayBeThere } from '../util/read-text.js';
import { endpointNamed } from './endpoint.js';
import { readInput } from './read-input.js';
import { fetchKeys } from './verify-request.js';

export interface ExplainOptions {
  readonly settings: GatewaySettings;
  readonly endpoint?: string | undefined;
  /** When the request arrived, in milliseconds since the epoch. */
  readonly now: number;
  /** How far back, and how much of each partition, an event is looked for. */
  readonly since: number;
  readonly last: number;
}

/** Milliseconds for which an event is looked for. */
const patience = 60_000;

/** Explains a file, or the event of this id in the topics of the configuration. */
export async function explainSubject(subject: string, options: ExplainOptions): Promise<Explanation> {
  if (subject === '-' || mayBeThere(subject)) return explainGiven(subject, await readSubject(subject), options);
  const record = await find(subject, options);
  const { topic, partition, offset } = record;
  return explainRecord(`${topic}/${partition}@${offset}`, { ...record, offset: String(offset) }, options);
}

async function readSubject(file: string): Promise<Input> {
  const bytes = await readInput(file);
  const { parseInput } = await import('../testing/dry-run/input.js');
  try {
    return parseInput(bytes);
  } catch (error) {
    throw error instanceof Error ? new Failure('usage', `${file}: ${error.message}`) : error;
  }
}

async function find(id: string, { settings, since, last }: ExplainOptions) {
  const { findEvent } = await import('../publish/find.js');
  const from = { since, last };
  const signal = AbortSignal.timeout(patience);
  const found = await findEvent(settings.publisher, settings.topics, id, from, signal);
  const { record, searched } = found;
  if (record !== undefined) return record;
  const { describeCuts, enoughLimit } = await import('./search-cuts.js');
  const cuts = describeCuts(found);
  const limit = enoughLimit(found.spans);
  const where = `${searched} records of ${settings.topics.join(', ')} since ${new Date(since).toISOString()}`;
  const message = `There is no file ${id}, and no event of this id among ${where}`;
  if (cuts.length === 0) throw new Failure('negative', `${message}: see --since, and gateway find ${id}`);
  const next = limit === undefined ? '--since' : `--limit ${limit}`;
  throw new Failure('unknown', [`${message}, but not all was searched (see ${next}):`, ...cuts].join('\n  '), { cuts });
}

async function explainGiven(subject: string, given: Input, options: ExplainOptions): Promise<Explanation> {
  if (given.kind === 'record') return explainRecord(subject, given.record, options);
  const { settings, now } = options;
  if (given.kind === 'request') {
    const { notes, ...request } = given.request;
    const { endpointAt } = await import('../testing/dry-run/judge.js');
    const endpoint = await chooseEndpoint(options, endpointAt(settings.endpoints, request.target));
    return explainSigned(subject, endpoint, { id: randomUUID(), receivedAt: now, ...request }, notes, options);
  }
  const endpoint = await chooseEndpoint(options, endpointOfFile(subject, settings.endpoints));
  const { compose, requestOfBody, requestOfExample } = await import('../testing/dry-run/compose.js');
  const request = given.kind === 'body' ? requestOfBody(endpoint, given.body) : requestOfExample(endpoint, given);
  const composed = compose(endpoint, request, now);
  const { assumeProven } = await import('../core/dry-run.js');
  const proven = composed.signed ? endpoint : assumeProven(endpoint, 'none');
  const walked = await walkThrough(proven, composed.delivery, now, options);
  const verification = composed.signed
    ? await verificationOf(endpoint, composed.delivery, walked, now, options)
    : skipped(composed.why);
  return tell(endpoint, walked, { subject, notes: [], verification: signedHere(verification), settings });
}

/** Explains a record or a dead letter. `subject`: what it is called. */
export async function explainRecord(
  subject: string,
  record: GivenRecord,
  options: ExplainOptions,
): Promise<Explanation> {
  const { ce_endpoint: name = '', ce_source: path = '/' } = record.headers;
  const { endpoints } = options.settings;
  const { endpointAt } = await import('../testing/dry-run/judge.js');
  const own = endpoints.find((each) => each.name === name) ?? endpointAt(endpoints, path);
  const endpoint = await chooseEndpoint(options, own);
  const { fromRecord } = await import('../testing/dry-run/from-record.js');
  const { delivery, now, notes, signed, endpoint: proven } = fromRecord(record, endpoint, options.now);
  if (signed) return explainSigned(subject, endpoint, delivery, notes, { ...options, now });
  const walked = await walkThrough(proven, delivery, now, options);
  const verification = skipped('a record does not have the headers of its request: it was verified when it came');
  return tell(endpoint, walked, { subject, notes, verification, settings: options.settings });
}

async function explainSigned(
  subject: string,
  endpoint: Endpoint,
  delivery: Delivery,
  notes: readonly string[],
  options: ExplainOptions,
): Promise<Explanation> {
  const walked = await walkThrough(endpoint, delivery, options.now, options);
  const verification = await verificationOf(endpoint, delivery, walked, options.now, options);
  return tell(endpoint, walked, { subject, notes, verification, settings: options.settings });
}

async function chooseEndpoint({ settings, endpoint: name }: ExplainOptions, known: Endpoint | undefined) {
  if (name !== undefined) return endpointNamed(settings.endpoints, name);
  const [first, second] = settings.endpoints;
  const only = second === undefined ? first : undefined;
  const chosen = known ?? only;
  if (chosen !== undefined) return chosen;
  const names = settings.endpoints.map((each) => each.name).join(', ');
  throw new Failure('usage', `Which endpoint is it for? Give --endpoint: there are ${names}`);
}

/** The endpoint of an example: the only one whose plugin has the file in its folder. */
function endpointOfFile(file: string, endpoints: readonly Endpoint[]): Endpoint | undefined {
  const isIn = ({ provider }: Endpoint) => resolve(file).startsWith(provider.folder + sep);
  const [only, second] = endpoints.filter(isIn);
  return second === undefined ? only : undefined;
}

async function walkThrough(endpoint: Endpoint, delivery: Delivery, now: number, { settings }: ExplainOptions) {
  const [{ dryRunRequest }, { createKeySource }] = await Promise.all([
    import('../testing/dry-run/request.js'),
    import('../server/keys/source.js'),
  ]);
  const { limits, deadLetter } = settings;
  const fetching = endpoint.provider.scheme.fetchesKeys ? { keys: createKeySource() } : {};
  return dryRunRequest(endpoint, delivery, {
    now,
    largest: limits.body,
    deadLetterTopic: deadLetter.topic,
    ...fetching,
  });
}

async function verificationOf(
  endpoint: Endpoint,
  delivery: Delivery,
  { handshake, rejected: [rejection] }: RequestResult,
  now: number,
  { settings }: ExplainOptions,
): Promise<Verification> {
  if (handshake !== undefined) return skipped('it is a handshake, and no event');
  if (rejection !== undefined && ['route', 'body'].includes(rejection.stage)) return skipped('it did not come so far');
  const { diagnoseRequest } = await import('../testing/diagnosis/diagnose.js');
  const keys = await fetchKeys(endpoint, delivery, now);
  const examined = diagnoseRequest(delivery, { endpoint, all: settings.endpoints, now, keys });
  if (!examined.verified) return { outcome: 'refused', causes: examined.causes };
  const { secret, signedAt } = examined;
  return { outcome: 'proven', secret, ...(signedAt !== undefined && { signedAt }), signedHere: false };
}

function signedHere(verification: Verification): Verification {
  return verification.outcome === 'proven' ? { ...verification, signedHere: true } : verification;
}

function skipped(why: string): Verification {
  return { outcome: 'skipped', why };
}

async function tell(
  endpoint: Endpoint,
  walked: RequestResult,
  told: { subject: string; notes: readonly string[]; verification: Verification; settings: GatewaySettings },
): Promise<Explanation> {
  const [{ explain }, { choosePartition }] = await Promise.all([
    import('../testing/dry-run/explain.js'),
    import('../kafka/partitioner.js'),
  ]);
  const { publisher } = told.settings;
  const count = publisher.kind === 'kafka' ? publisher.topics.partitions : 1;
  const partitionOf = ({ key }: { key: string }) => ({ number: choosePartition(key, count), of: count });
  return explain(endpoint, walked, { ...told, partitionOf });
}
