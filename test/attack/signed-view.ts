import type { ContentPart, SchemeDeclaration, SignatureDeclaration } from '../../src/signature/declaration.js';
import { parseTemplate, type TemplatePart, type ValuePart } from '../../src/signature/templates.js';
import type { Target } from './scene.js';
import type { WireRequest } from './wire.js';

/**
 * What a provider has signed, read from the plugin's declaration by readers of this file's own: two requests that have the same
 * are the same to it, whatever else differs. One text for each way in which a delivery may be signed.
 */
export function signedViews({ declaration: { signature, items } }: Target, request: WireRequest): readonly string[] {
  const seen: Seen = { request, items, json: parse(request.body) };
  return waysOf(signature).map((schemes) => JSON.stringify(schemes.flatMap((scheme) => viewOf(scheme, seen))));
}

interface Seen {
  readonly request: WireRequest;
  readonly items: string | undefined;
  readonly json: unknown;
}

const unreadable = Symbol('unreadable');

/** False: the body is JSON to nobody. */
export function isReadable({ body }: WireRequest): boolean {
  return parse(body) !== unreadable;
}

/** Of `any`, and of several contents, each is a way of its own; of `all` they are one together. */
function waysOf(signature: SignatureDeclaration): readonly (readonly SchemeDeclaration[])[] {
  if ('algorithm' in signature) {
    const { contentAny } = signature;
    return contentAny === undefined ? [[signature]] : contentAny.map((content) => [{ ...signature, content }]);
  }
  if ('any' in signature) return signature.any.flatMap(waysOf);
  return signature.all
    .map(waysOf)
    .reduce((ways, next) => ways.flatMap((way) => next.map((each) => [...way, ...each])), [[]]);
}

function viewOf(scheme: SchemeDeclaration, seen: Seen): readonly unknown[] {
  const { content, signature, timestamp, jwt } = scheme;
  const contents = [content ?? [], Object.values(scheme.let ?? {})].flat(2);
  const pairs = contents.flatMap((part) => pairsOf(part, seen));
  const texts = [
    ...contents.filter((part) => typeof part === 'string'),
    ...[timestamp?.value ?? []].flat(),
    ...Object.values(jwt?.claims ?? {}).filter((claim) => typeof claim === 'string'),
    ...(scheme.document === undefined ? [] : [scheme.document]),
  ];
  const values = texts.flatMap((text) => valuesOf(parseTemplate(text).parts));
  const signatures = [signature?.from ?? []].flat().flatMap((text) => valuesOf(parseTemplate(text).parts));
  const whole = values.some(({ source }) => source === 'sig' || source === 'jws');
  const isHex = /^(hex|base64-hex)$/.test(signature?.encoding ?? '');
  return [
    // To a template that takes both, what is missing is empty.
    ...values.map((value) => [read(value, seen) ?? ''].flat().join('\n')),
    ...pairs,
    ...signatures.map((value) => {
      const text = JSON.stringify(read(value, seen));
      const said = whole ? entries(text) : longest(text, isHex);
      return isHex ? said.toLowerCase() : said;
    }),
  ];
}

/** The signature itself: what stands beside it, such as the name of a key, says nothing that is signed. */
function longest(text: string, isHex: boolean): string {
  const words = text.match(isHex ? /[\da-f]+/gi : /[\w+/=.-]+/g) ?? [];
  return words.reduce((most, word) => (word.length > most.length ? word : most), '');
}

/** A list without its empty entries. */
function entries(text: string): string {
  return text
    .split(/[;,\s"[\]]+/)
    .filter((entry) => entry !== '')
    .join();
}

function valuesOf(parts: readonly TemplatePart[]): readonly ValuePart[] {
  return parts.flatMap((part) =>
    part.kind === 'value' ? [part] : part.kind === 'optional' ? valuesOf(part.parts) : [],
  );
}

/** Undefined: the gateway knows it, it is why the request got there, or it stands in the signature's own text. */
function read({ source, name, filters }: ValuePart, { request, items, json }: Seen): unknown {
  switch (source) {
    case 'raw':
      return request.body.toString('latin1');
    case 'header':
      return headerOf(request, name);
    case 'query':
      return queryOf(request).getAll(name);
    case 'form':
      return name === '' ? request.body.toString('latin1') : formOf(request).getAll(name);
    case 'json':
      return at(json, name);
    case 'item':
      return itemsAt(json, (items ?? '').split('/').slice(1)).map((item) => at(item, name));
    case 'method':
      return request.method;
    case 'target':
    case 'url':
      return filters.some((filter) => filter.name === 'no_query') ? undefined : queryOf(request).toString();
    default:
      return undefined;
  }
}

function pairsOf(part: ContentPart, { request, json }: Seen): readonly unknown[] {
  if (typeof part === 'string') return [];
  if ('headers' in part) return [];
  const { of, omit = [], omitEmpty, values, sort, prefix = '', until } = part.pairs;
  if (of === 'json') return [json];
  const all = [...(of === 'form' ? formOf(request) : queryOf(request))];
  const end = until === undefined ? -1 : all.findIndex(([name]) => name === until);
  const before = end === -1 ? all : all.slice(0, end);
  // What comes later is not signed, and must not take the place of what is.
  const again = all.slice(before.length).filter(([name]) => before.some(([other]) => other === name));
  return [...before, ...again]
    .filter(([name, value]) => name.startsWith(prefix) && !omit.includes(name) && !(omitEmpty && value === ''))
    .map(([name, value]) => (values ? [sort ? name : '', value] : [name, value]))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function headerOf({ headers }: WireRequest, name: string): readonly string[] {
  return headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value.trim());
}

function queryOf({ target }: WireRequest): URLSearchParams {
  return new URLSearchParams(target.includes('?') ? target.slice(target.indexOf('?') + 1) : '');
}

/** Of a multipart body the whole is one field. */
function formOf(request: WireRequest): URLSearchParams {
  const [type = ''] = headerOf(request, 'content-type');
  const text = request.body.toString('utf8');
  return /multipart/i.test(type) ? new URLSearchParams({ '': text }) : new URLSearchParams(text);
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return unreadable;
  }
}

function at(value: unknown, pointer: string): unknown {
  if (value === unreadable) return 'unreadable';
  return pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((inner, name) => member(inner, name.replaceAll('~1', '/').replaceAll('~0', '~')), value);
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, name) ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;
}

function itemsAt(value: unknown, path: readonly string[]): readonly unknown[] {
  const [step, ...rest] = path;
  if (value === unreadable) return [unreadable];
  if (step === undefined) return [value];
  if (step !== '*') return itemsAt(member(value, step), rest);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap((each) => itemsAt(each, rest)) : [];
}
