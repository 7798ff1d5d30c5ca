import type { OutgoingRequest } from '../../core/model.js';
import type { SchemeDeclaration } from '../../signature/declaration.js';
import { placeValue } from '../../signature/place.js';
import { parseTemplate, type ValuePart } from '../../signature/templates.js';

/** A request that was signed and then changed. */
export interface Tampered {
  /** What was done to it, for people. */
  readonly what: string;
  readonly request: OutgoingRequest;
}

export function withoutHeader(request: OutgoingRequest, name: string): OutgoingRequest {
  const { [name]: _, ...headers } = request.headers;
  return { ...request, headers };
}

/** The body with one byte changed; a letter stays a letter and a digit a digit, so that JSON mostly stays JSON. */
export function withByteChanged(request: OutgoingRequest, at: number): OutgoingRequest {
  const body = Buffer.from(request.body);
  const byte = body[at] ?? 0;
  const last = '9Zz'.includes(String.fromCharCode(byte));
  body[at] = last ? byte - 1 : /[A-Za-z0-9]/.test(String.fromCharCode(byte)) ? byte + 1 : byte ^ 1;
  return { ...request, body };
}

/** Positions of a body, evenly spread, the first and the last among them. */
export function positionsOf(body: Buffer, most: number): readonly number[] {
  const count = Math.min(body.length, most);
  if (count < 2) return [...body.keys()];
  return Array.from({ length: count }, (_, index) => Math.round((index * (body.length - 1)) / (count - 1)));
}

/** The same request naming other algorithms than the one it is signed with. */
export function downgrades(scheme: SchemeDeclaration, request: OutgoingRequest): readonly Tampered[] {
  if (scheme.jwt !== undefined) return unsignedToken(request);
  if (typeof scheme.algorithm === 'string') return [];
  const named = sourceOf(scheme.algorithm.switch);
  if (named === undefined) return [];
  const [, ...others] = Object.keys(scheme.algorithm.cases);
  return ['none', ...others].flatMap((name) => {
    const changed = renameAlgorithm(scheme, named, request, name);
    return changed === undefined ? [] : [{ what: `algorithm "${name}" instead`, request: changed }];
  });
}

function renameAlgorithm(
  scheme: SchemeDeclaration,
  named: ValuePart,
  request: OutgoingRequest,
  name: string,
): OutgoingRequest | undefined {
  if (['header', 'json', 'form', 'query'].includes(named.source)) return placeValue(request, named, '', name);
  const header = signatureHeader(scheme);
  const { items, pair } = scheme.signature?.split ?? {};
  const text = header === undefined ? undefined : request.headers[header];
  if (named.source !== 'sig' || items === undefined || pair === undefined || header === undefined) return undefined;
  const entries = text
    ?.split(items)
    .map((entry) => (keyOf(entry, pair) === named.name ? named.name + pair + name : entry));
  return entries && { ...request, headers: { ...request.headers, [header]: entries.join(items) } };
}

/** RFC 7515's `alg: none`, which has no signature. */
function unsignedToken(request: OutgoingRequest): readonly Tampered[] {
  const head = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
  const unsign = (text: string) => text.replace(/eyJ[\w-]*\.([\w-]*)\.[\w-]+/, `${head}.$1.`);
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, unsign(value)]));
  const body = Buffer.from(unsign(request.body.toString('latin1')), 'latin1');
  return [{ what: 'algorithm "none" instead', request: { ...request, headers, body } }];
}

/**
 * A request with two signatures, a foreign one and then its own, where the scheme has several in one header.
 * `foreign`: the same request as another key signs it.
 */
export function withForeignSignature(
  scheme: SchemeDeclaration,
  request: OutgoingRequest,
  foreign: OutgoingRequest,
): OutgoingRequest | undefined {
  const { split, pick, decode } = scheme.signature ?? {};
  const header = signatureHeader(scheme);
  const pair = split?.pair;
  if (split === undefined || pair === undefined || header === undefined || decode !== undefined) return undefined;
  const isSignature = (entry: string) => (pick === '*' ? keyOf(entry, pair) === 'k1' : keyOf(entry, pair) === pick);
  const entries = request.headers[header]?.split(split.items) ?? [];
  const others = foreign.headers[header]?.split(split.items).filter(isSignature) ?? [];
  const at = entries.findIndex(isSignature);
  if (at === -1 || others.length === 0 || entries.includes(others[0] ?? '')) return undefined;
  const value = entries.toSpliced(at, 0, ...others).join(split.items);
  return { ...request, headers: { ...request.headers, [header]: value } };
}

function keyOf(entry: string, pair: string): string {
  return entry.slice(0, entry.indexOf(pair));
}

/** The header that has the signature; undefined if it is elsewhere. */
function signatureHeader({ signature }: SchemeDeclaration): string | undefined {
  const [from] = [signature?.from ?? []].flat();
  const part = from === undefined ? undefined : sourceOf(from);
  return part?.source === 'header' ? part.name : undefined;
}

function sourceOf(template: string): ValuePart | undefined {
  const [part] = parseTemplate(template).parts;
  return part?.kind === 'value' ? part : undefined;
}
