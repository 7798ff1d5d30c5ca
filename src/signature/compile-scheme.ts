import type { X509Certificate } from 'node:crypto';
import { fromPointer, toPointer } from '../diagnostics/pointer.js';
import { parseDuration } from '../util/duration.js';
import { errorText } from '../util/errors.js';
import { planAlgorithm } from './algorithms.js';
import type { Builder } from './builder.js';
import { readCertificates } from './certificates.js';
import { compileConditions } from './conditions.js';
import type { Algorithm, KeyDeclaration, PlaceDeclaration, SchemeDeclaration } from './declaration.js';
import { digestForm } from './encoding.js';
import { planBatch } from './json-scan.js';
import { readAsymmetric } from './keys.js';
import { compileOffers } from './offers.js';
import type { JwtPlan, Method, Plan } from './plan.js';
import { planRemote } from './remote.js';
import { compileBytes, type Piece } from './sources.js';
import type { ValuePart } from './templates.js';
import type { TimestampCheck } from './timestamp.js';

const defaultFuture = '60s';
const basicPlace = { from: '{header.authorization}', strip: 'Basic ' };

/** Compiles one scheme. What is wrong goes to the builder's faults; the plan is only sound if there is none. */
export function buildPlan(declared: SchemeDeclaration, builder: Builder): Plan {
  const { key = {}, timestamp } = declared;
  const place: PlaceDeclaration = { ...(declared.algorithm === 'basic' ? basicPlace : {}), ...declared.signature };
  const { secrets = [] } = builder.facts;
  builder.document = declared.document;
  builder.secret = key.secret ?? (secrets.length === 1 ? secrets[0]?.name : undefined);
  for (const [name, content] of Object.entries(declared.let ?? {})) {
    builder.lets.set(name, builder.content(content, `/let/${name}`));
  }
  const from = compileFrom(place, builder);
  const method = compileMethod(declared, place, builder);
  const before = builder.uses.length;
  const contents = compileContents(declared, builder);
  const keyed = builder.uses.slice(before).some(({ part }) => part.source === 'secret' || part.source === 'let');
  const time = timestamp && builder.single(timestamp.value, '/timestamp/value');
  const conditions = (of: 'when' | 'require') =>
    compileConditions(declared[of], (template, name) =>
      builder.pieces(template, `/${of}${toPointer(name)}`, template === name),
    );
  const compile = (text: string, at: string) => builder.pieces(text, at);
  const remote = key.remote && planRemote(key.remote, key, compile, pinnedAuthorities(key, builder));
  const document = declared.document === undefined ? undefined : builder.single(declared.document, '/document');
  return {
    method,
    contents,
    keyed,
    key,
    remote,
    declaration: declared,
    encoding: place.encoding ?? 'hex',
    decode: place.decode,
    strip: place.strip ?? '',
    from: from.map(({ part, reader }) => compileBytes(part, reader)),
    entries: { ...place.split, ...(isTemplate(place.pick) ? {} : { pick: place.pick }), keys: builder.sigKeys },
    picked: isTemplate(place.pick) ? builder.pieces(place.pick ?? '', '/signature/pick') : undefined,
    document: document?.reader,
    secret: builder.secret,
    published: publishedKey(declared, builder),
    offers: (builder.facts.handshakes ?? []).flatMap(compileOffers),
    timestamp: compileTimestamp(declared, time?.reader),
    lateTime: isParsed(time?.part) && builder.uses.filter(({ part }) => isParsed(part)).length === 1,
    jwt: compileJwt(declared, builder),
    require: conditions('require'),
    when: conditions('when'),
    items: from.some(({ part }) => part.source === 'item')
      ? planBatch(fromPointer(builder.facts.items ?? ''), builder.item)
      : undefined,
    header: builder.jws,
    parts: {
      from: from.map(({ part }) => part),
      timestamp: time?.part,
      all: builder.uses.map(({ part }) => part),
      signed: signedParts(builder),
      lists: builder.lists,
      named: builder.uses.find(({ pointer }) => pointer === '/algorithm/switch')?.part,
    },
  };
}

/** What the content or a claim has in it, and what a signed value must equal: the hash of the body in a signed URL, say. */
function signedParts({ uses }: Builder): readonly ValuePart[] {
  const signed = uses.filter(({ pointer }) => /^\/(content|jwt|let)/.test(pointer));
  const covers = ({ source, name }: ValuePart) =>
    signed.some(({ part }) =>
      source === 'query'
        ? part.source === 'url' || part.source === 'target'
        : part.source === source && part.name === name,
    );
  const bound = uses.filter(
    ({ pointer }) => pointer.startsWith('/require/') && uses.some((use) => use.pointer === pointer && covers(use.part)),
  );
  return [...signed, ...bound].map(({ part }) => part);
}

function isParsed(part: ValuePart | undefined): boolean {
  return part?.source === 'json' || part?.source === 'form';
}

function isTemplate(text: string | undefined): boolean {
  return text?.includes('{') === true;
}

function compileFrom(place: PlaceDeclaration, builder: Builder) {
  const templates = [place.from ?? []].flat();
  return templates.flatMap((template, index) => {
    const found = builder.single(template, `/signature/from${Array.isArray(place.from) ? `/${index}` : ''}`);
    return found === undefined ? [] : [found];
  });
}

function compileMethod(
  { algorithm }: SchemeDeclaration,
  { encoding = 'hex' }: PlaceDeclaration,
  builder: Builder,
): Plan['method'] {
  function method(name: Algorithm): Method {
    const plan = planAlgorithm(name);
    return 'size' in plan ? { algorithm: plan, form: digestForm(plan.size, encoding) } : { algorithm: plan };
  }
  if (typeof algorithm === 'string') return method(algorithm);
  const named = builder.single(algorithm.switch, '/algorithm/switch');
  const cases = new Map(Object.entries(algorithm.cases).map(([name, it]) => [name, method(it)]));
  return named === undefined ? method('equals') : { named: named.reader, cases };
}

function compileContents(declared: SchemeDeclaration, builder: Builder): readonly (readonly Piece[])[] {
  const { algorithm, content, contentAny } = declared;
  if (contentAny !== undefined) {
    return contentAny.map((each, index) => builder.content(each, `/contentAny/${index}`));
  }
  if (content !== undefined) return [builder.content(content, '/content')];
  const itself = algorithm === 'equals' || algorithm === 'basic';
  const { secret } = builder;
  return itself ? [builder.pieces(secret === undefined ? '{secret}' : `{secret.${secret}}`, '/algorithm')] : [];
}

function publishedKey({ key }: SchemeDeclaration, builder: Builder): Plan['published'] {
  if (key?.public === undefined) return undefined;
  try {
    return readAsymmetric(key.public.trim(), key.format ?? 'pem');
  } catch (error) {
    builder.fault('/key/public', errorText(error));
    return undefined;
  }
}

function pinnedAuthorities({ ca }: KeyDeclaration, builder: Builder): readonly X509Certificate[] {
  if (ca === undefined) return [];
  try {
    const authorities = readCertificates(ca);
    if (authorities.length > 0 && authorities.every((certificate) => certificate.ca)) return authorities;
  } catch {
    // What the parser says quotes the text.
  }
  builder.fault('/key/ca', 'not a list of certificates (PEM) of authorities, which may issue others');
  return [];
}

function compileTimestamp(
  { timestamp }: SchemeDeclaration,
  value: TimestampCheck['value'] | undefined,
): TimestampCheck | undefined {
  if (timestamp === undefined || value === undefined) return undefined;
  return {
    value,
    unit: timestamp.unit,
    tolerance: parseDuration(timestamp.tolerance),
    future: parseDuration(timestamp.future ?? defaultFuture),
  };
}

function compileJwt({ jwt }: SchemeDeclaration, builder: Builder): JwtPlan | undefined {
  if (jwt === undefined) return undefined;
  return {
    algorithms: jwt.algorithms,
    claims: Object.entries(jwt.claims ?? {}).map(([name, expected]) => [
      name,
      typeof expected === 'boolean' ? expected : builder.pieces(expected, `/jwt/claims${toPointer(name)}`),
    ]),
    required: jwt.required ?? [],
    maxAge: jwt.maxAge === undefined ? undefined : parseDuration(jwt.maxAge),
    leeway: parseDuration(jwt.leeway ?? '0s'),
  };
}
