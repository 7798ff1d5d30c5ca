import { planAlgorithm } from './algorithms.js';
import type { Builder, SourceUse } from './builder.js';
import type { Algorithm, SchemeDeclaration } from './declaration.js';
import type { Plan } from './plan.js';

const signatureSources = ['header', 'query', 'form', 'json', 'item'];

/** Finds every fault of a declaration, compiled without one, that its JSON Schema and its templates don't show. */
export function checkScheme(declared: SchemeDeclaration, plan: Plan, builder: Builder): void {
  const kinds = new Set(algorithmsOf(declared).map((name) => planAlgorithm(name).kind));
  checkPlace(declared, plan, builder, kinds.has('jws'));
  checkSplit(declared, builder);
  checkContent(declared, plan, builder, kinds);
  checkKey(declared, builder, kinds);
  checkItems(plan, builder);
  checkTimestamp(plan, builder);
}

function algorithmsOf({ algorithm }: SchemeDeclaration): readonly Algorithm[] {
  return typeof algorithm === 'string' ? [algorithm] : Object.values(algorithm.cases);
}

function checkPlace(declared: SchemeDeclaration, { parts }: Plan, builder: Builder, token: boolean): void {
  const place = declared.signature;
  if (parts.from.length === 0) {
    builder.fault('', 'where is the signature? "signature" with "from" is missing', undefined, missingKey);
  }
  for (const { part, pointer } of usesAt(builder, '/signature/from')) {
    if (!signatureSources.includes(part.source) && !(part.source === 'raw' && token)) {
      builder.fault(pointer, 'a signature is read from a header or from a field, not from this source', part);
    }
  }
  const open = algorithmsOf(declared).some((name) =>
    ['hmac', 'digest', 'asymmetric'].includes(planAlgorithm(name).kind),
  );
  if (open && place !== undefined && place.encoding === undefined) {
    builder.fault('/signature', 'how is the signature written? "encoding" is missing', undefined, missingKey);
  }
  if (token && declared.jwt === undefined) {
    builder.fault('', 'which algorithms may a token have? "jwt" is missing', undefined, missingKey);
  }
}

const missingKey = { rule: 'config-missing-key' };

function usesAt(builder: Builder, pointer: string): readonly SourceUse[] {
  return builder.uses.filter((use) => use.pointer === pointer || use.pointer.startsWith(`${pointer}/`));
}

function checkSplit({ signature: { pick, split } = {} }: SchemeDeclaration, builder: Builder): void {
  if (pick !== undefined && split === undefined) {
    builder.fault('/signature/pick', '"pick" needs "split": there are no entries to pick from');
  }
  if (pick === undefined && split?.pair !== undefined) {
    builder.fault('/signature/split', '"pair" needs "pick": which key has the signature?');
  }
  if (pick !== undefined && split !== undefined && split.pair === undefined && !/^[0-9]{1,2}$/.test(pick)) {
    builder.fault('/signature/pick', 'without a "pair" entries have no keys: pick by position, from 0');
  }
  for (const { part, pointer } of builder.uses) {
    if (part.source !== 'sig') continue;
    if (split === undefined || pointer.startsWith('/signature/from')) {
      builder.fault(pointer, `{sig.${part.name}} needs "split"`, part);
    } else if (split.pair === undefined && !/^[0-9]{1,2}$/.test(part.name)) {
      builder.fault(
        pointer,
        `{sig.${part.name}} needs "split" with a "pair"; without, entries have positions: {sig.0}`,
        part,
      );
    } else if (part.name === pick) {
      builder.fault(pointer, 'the signature itself cannot be read here', part);
    }
  }
}

function checkContent(declared: SchemeDeclaration, plan: Plan, builder: Builder, kinds: ReadonlySet<string>): void {
  const at = declared.contentAny === undefined ? '/content' : '/contentAny';
  const proving = kinds.has('hmac') || kinds.has('digest') || kinds.has('asymmetric');
  const detached = algorithmsOf(declared).includes('jws-detached');
  if (declared.content !== undefined && declared.contentAny !== undefined) {
    builder.fault('/content', '"content" and "contentAny" exclude each other');
  } else if ((proving || detached) && plan.contents.length === 0) {
    builder.fault('', 'Missing key "content"', undefined, missingKey);
  } else if ((proving || detached) && plan.parts.signed.every(({ source }) => unsignedSources.has(source))) {
    builder.fault(at, 'nothing of the delivery is signed');
  }
  const secret = plan.parts.signed.some(({ source }) => source === 'secret');
  if (kinds.has('digest') && plan.contents.length > 0 && !secret) {
    builder.fault(at, 'a plain digest proves nothing unless the content has the secret in it: {secret}');
  }
  if (kinds.has('equals') && plan.contents.length > 0 && !secret && declared.content !== undefined) {
    builder.fault(at, 'what is compared has no secret in it: {secret}');
  }
  for (const { part, pointer } of builder.uses) {
    if (part.source === 'secret' && part.name === '' && (builder.facts.secrets?.length ?? 0) > 1 && !builder.secret) {
      builder.fault(pointer, 'the plugin names several secrets: which one is it? {secret.NAME}', part);
    } else if (part.source === 'jws' && !kinds.has('jws')) {
      builder.fault(pointer, '{jws.…} reads the header of a token, and this algorithm has none', part);
    }
  }
}

const unsignedSources: ReadonlySet<string> = new Set(['secret', 'param', 'let']);

function checkKey({ key = {} }: SchemeDeclaration, builder: Builder, kinds: ReadonlySet<string>): void {
  const { secrets = [] } = builder.facts;
  if (kinds.has('asymmetric') && key.format === undefined) {
    builder.fault('', 'how is the public key written? "key" with "format" is missing', undefined, missingKey);
  }
  if (kinds.has('asymmetric') && key.decode !== undefined) {
    builder.fault('/key/decode', 'a public key is read as its "format" says');
  }
  if (key.remote !== undefined && (kinds.has('hmac') || kinds.has('digest') || kinds.has('equals'))) {
    builder.fault('/key/remote', 'only public keys can be fetched');
  }
  if (key.remote !== undefined && key.format === 'cert' && key.subject === undefined) {
    const what = 'whose certificate is it? "subject" is missing: an authority certifies anybody';
    builder.fault('/key', what, undefined, missingKey);
  }
  if (key.secret !== undefined && !secrets.some(({ name }) => name === key.secret)) {
    builder.fault('/key/secret', `the plugin's "secrets" has no "${key.secret}"`);
  }
  if (secrets.length > 1 && key.secret === undefined && key.remote === undefined && key.public === undefined) {
    builder.fault(
      '',
      'the plugin names several secrets: which one is the key? "key" with "secret" is missing',
      undefined,
      missingKey,
    );
  }
}

function checkItems({ parts, items }: Plan, builder: Builder): void {
  for (const { part, pointer } of builder.uses) {
    if (part.source === 'item' && builder.facts.items === undefined) {
      builder.fault(pointer, '{item:…} needs the top-level key "items"', part);
    } else if (part.source === 'item' && items === undefined) {
      builder.fault(pointer, '{item:…} needs a signature in each item', part);
    } else if (part.source === 'raw' && parts.from[0]?.source === 'item') {
      builder.fault(pointer, 'a signature inside the body cannot cover the whole body', part);
    }
  }
}

function checkTimestamp({ parts: { timestamp, signed } }: Plan, builder: Builder): void {
  if (timestamp === undefined) return;
  const pointer = '/timestamp/value';
  if (timestamp.source === 'raw') {
    builder.fault(pointer, 'the body as a whole is not a timestamp', timestamp);
    return;
  }
  const covered = signed.some(({ source, name, filters }) => {
    if (source === timestamp.source && (name === timestamp.name || name === '')) return true;
    return source === 'raw' && (timestamp.source === 'json' || timestamp.source === 'form') && filters.length === 0;
  });
  if (!covered) {
    const message = 'the timestamp is not a part of "content": anybody can make an old delivery look new';
    builder.fault(pointer, message, timestamp, {
      rule: 'signature-time-unsigned',
      severity: 'warning',
    });
  }
}
