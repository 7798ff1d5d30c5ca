import { basename, join } from 'node:path';
import type { SoundPlugin } from '../../config/plugins/catalogue.js';
import { type Example, listExamples } from '../../config/plugins/examples.js';
import { assumeProven, dryRun } from '../../core/dry-run.js';
import type { Bindings, Item, KafkaRecord, OutgoingRequest } from '../../core/model.js';
import type { Rejection, Stage } from '../../core/rejection.js';
import { acceptsMediaType } from '../../server/http/admit.js';
import { toDelivery } from '../dry-run/compose.js';
import { type BoundItem, type Specimen, toSpecimens } from '../rules/specimens.js';
import type { Check, Rehearsal } from './checks.js';
import { negatives, signWith, type TestKeys } from './negatives.js';
import { checkRules } from './rule-checks.js';
import { makeTestKeys, requestOf } from './test-endpoint.js';

/** Where a plugin.yaml says what a stage does. */
const declaredAt: { readonly [stage in Stage]?: string } = {
  verify: '/signature',
  decode: '/payload',
  split: '/items',
  validate: '/schemas',
  identify: '/event',
  map: '/routes',
};

/**
 * Replays the examples of a plugin through every stage, signed with keys made for it, then changes them in every way that
 * must be noticed, and tries each of its rules on them. `now` in milliseconds since the epoch.
 */
export async function testPlugin(plugin: SoundPlugin, now: number): Promise<Rehearsal> {
  const { folder, provider } = plugin;
  const rehearsal = { plugin: provider.name, folder };
  const examples = await listExamples(folder).catch((error: Error) => error);
  if (examples instanceof Error || examples.length === 0) {
    const check = examples instanceof Error ? unreadable(examples.message) : noExample(folder);
    return { ...rehearsal, examples: [], checks: [check], notes: [] };
  }
  const cast = makeTestKeys(plugin);
  const seen: Rehearsal['examples'][number][] = [];
  const checks: Check[] = [];
  const specimens: Specimen[] = [];
  for (const example of examples) {
    const { check, at, records, items, signed } = await replayExample(plugin, cast, example, now);
    specimens.push(...(await toSpecimens(cast.endpoint, example.type, items)));
    checks.push(at === undefined ? check : { ...check, see: seeAt(plugin, at) });
    const [record] = records;
    if (record !== undefined) seen.push({ type: example.type, topic: record.topic, key: record.key });
    if (signed !== undefined && check.outcome === 'passed') {
      const changed = negatives(plugin, cast, requestOf(cast.endpoint, example, now), now);
      checks.push(...changed.map((each) => ({ ...each, example: example.type })));
    }
  }
  const rules = await checkRules(plugin, specimens);
  checks.push(...rules.checks);
  return { ...rehearsal, examples: seen, checks, notes: [...notesOf(plugin, cast, checks), ...rules.notes] };
}

export interface Replayed {
  readonly check: Check;
  /** JSON pointer to what the plugin declares of it, where it failed. Its line takes parsing the file again. */
  readonly at?: string;
  readonly records: readonly KafkaRecord[];
  /** What the rules saw, as far as it came. */
  readonly items: readonly BoundItem[];
  /** Absent where nobody but the provider can sign. */
  readonly signed?: OutgoingRequest;
  /** What stopped it, where a stage did. */
  readonly rejection?: Rejection;
}

/** Takes one example through every stage, signed where anybody but the provider can sign. */
export async function replayExample(
  plugin: SoundPlugin,
  cast: TestKeys,
  example: Example,
  now: number,
): Promise<Replayed> {
  const what = 'replayed';
  const items: BoundItem[] = [];
  const request = requestOf(cast.endpoint, example, now);
  const failed = (at: string, rest: Partial<Check>): Replayed => ({
    check: { example: example.type, what, outcome: 'failed', ...rest },
    at,
    records: [],
    items,
  });
  if (!acceptsMediaType(plugin.provider.mediaTypes, request.headers['content-type'])) {
    const got = `"${request.headers['content-type']}", which would be answered with 415`;
    return failed('/mediaTypes', { expected: 'a content type of mediaTypes', got });
  }
  let signed: OutgoingRequest | undefined;
  try {
    signed = cast.signer && signWith(cast.endpoint, cast.signer, request, now);
  } catch (error) {
    return failed('/signature', explainUnsigned(error));
  }
  // Where only the provider can sign, the example counts as proven.
  const endpoint = cast.signer === undefined ? assumeProven(cast.endpoint, 'published') : cast.endpoint;
  const trace = { item: (item: Item, bindings: Bindings) => items.push({ item, bindings }) };
  const delivery = toDelivery(signed ?? request, now);
  const { events, outcome } = await dryRun(endpoint, delivery, { now, deadLetterTopic: 'webhooks.dlq', trace });
  const [rejection] = outcome.rejected;
  if (rejection !== undefined) {
    return { ...failed(declaredAt[rejection.stage] ?? '', explain(rejection)), rejection };
  }
  const types = events.map(({ event }) => event.type);
  if (!types.includes(example.type)) {
    const got = types.length === 0 ? 'no event at all' : types.map((type) => `"${type}"`).join(', ');
    return failed('/event/type', { expected: `type "${example.type}", as the file is named`, got });
  }
  const records = events.map(({ record }) => record);
  return { check: { example: example.type, what, outcome: 'passed' }, records, items, ...(signed && { signed }) };
}

function explain({ stage, code, message, detail, item, errors }: Rejection): Partial<Check> {
  const where = item === undefined ? '' : ` (item ${item})`;
  const listed = errors.map((each) => `\n${each.pointer || 'the payload'} ${each.message}`).join('');
  return {
    expected: `${stage} lets it through`,
    got: `${code}${where}: ${detail === undefined ? message : `${message}: ${detail}`}${listed}`,
  };
}

function explainUnsigned(error: unknown): Partial<Check> {
  if (!(error instanceof Error)) throw error;
  return {
    expected: 'the example can be signed with a key made for it',
    got: error.message,
    hint: 'the example has to have what is signed; a parameter NAME of the plugin is "made_up_NAME" here',
  };
}

function seeAt({ document, folder }: SoundPlugin, pointer: string): string {
  const line = document.lineOf(pointer);
  return `${basename(folder)}/plugin.yaml:${line}${pointer === '' ? '' : ` ${pointer}`}`;
}

function unreadable(message: string): Check {
  return { what: 'examples', outcome: 'failed', expected: 'examples that can be read', got: message };
}

function noExample(folder: string): Check {
  return {
    what: 'examples',
    outcome: 'failed',
    expected: 'an example at least',
    got: 'none: nothing can be tried',
    hint: `put one into ${join(folder, 'examples', 'EVENT_TYPE.json')}: { "headers": {}, "payload": {} }`,
  };
}

function notesOf(
  { provider: { scheme } }: SoundPlugin,
  { signer }: TestKeys,
  checks: readonly Check[],
): readonly string[] {
  if (signer === undefined) return ['only the provider has the key that signs: signatures were not tried'];
  const unbound = checks.filter(({ outcome }) => outcome === 'unbound').map(({ what, got }) => `${what}: ${got}`);
  const body = { body: [], fields: ['of the body only some fields are signed'], nothing: ['the body is not signed'] };
  return [...body[scheme.binds], ...new Set(unbound)];
}
