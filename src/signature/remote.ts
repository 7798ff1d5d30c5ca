import { createHash, type KeyObject, type X509Certificate } from 'node:crypto';
import type { KeyDocument, KeyRequest } from '../core/model.js';
import { Rejection } from '../core/rejection.js';
import { fromPointer, toPointer } from '../diagnostics/pointer.js';
import type { KeyDeclaration, KeyFormat, RemoteDeclaration } from './declaration.js';
import { jwkKey, readAsymmetric } from './keys.js';
import type { SignedMessage } from './message.js';
import { type Piece, readText, renderBytes } from './sources.js';

/** How a key is fetched, compiled. */
export interface RemotePlan {
  readonly url: readonly Piece[];
  readonly hosts: readonly RegExp[];
  readonly pathPrefix: string;
  readonly pathSuffix: string;
  /** What values that a delivery names must look like. */
  readonly forms: readonly (readonly [readonly Piece[], RegExp])[];
  readonly method: 'GET' | 'POST';
  readonly json: readonly (readonly [string, readonly Piece[]])[];
  readonly authorization: readonly Piece[] | undefined;
  readonly pointer: readonly string[];
  readonly format: KeyFormat;
  /** The names that a certificate may be made out to; empty: any. */
  readonly subjects: readonly RegExp[];
  /** Authorities that are trusted beside the system's. */
  readonly authorities: readonly X509Certificate[];
  /** Where the certificate of an issuer may be, which a certificate names. */
  readonly issuerHosts: readonly RegExp[];
}

export function planRemote(
  declared: RemoteDeclaration,
  { format = 'pem', subject }: KeyDeclaration,
  compile: (template: string, pointer: string) => readonly Piece[],
  authorities: readonly X509Certificate[],
): RemotePlan {
  const at = '/key/remote';
  return {
    url: compile(declared.url, `${at}/url`),
    hosts: declared.hosts.map((name) => nameForm(name, '')),
    pathPrefix: declared.pathPrefix ?? '/',
    pathSuffix: declared.pathSuffix ?? '',
    forms: Object.entries(declared.forms ?? {}).map(([template, form]) => [
      compile(template, `${at}/forms${toPointer(template)}`),
      new RegExp(`^(?:${form})$`),
    ]),
    method: declared.method ?? 'GET',
    json: Object.entries(declared.json ?? {}).map(([name, text]) => [name, compile(text, `${at}/json/${name}`)]),
    authorization:
      declared.authorization === undefined ? undefined : compile(declared.authorization, `${at}/authorization`),
    pointer: fromPointer(declared.pointer ?? ''),
    format,
    subjects: [subject ?? []].flat().map((name) => nameForm(name, '(?:[^.]+\\.)*')),
    authorities,
    issuerHosts: (declared.issuers ?? []).map((name) => nameForm(name, '')),
  };
}

/** A name as it is, with what may stand before it; or a pattern, `^…$`, as it is. */
function nameForm(name: string, before: string): RegExp {
  return new RegExp(name.startsWith('^') ? name : `^${before}${name.replaceAll('.', '\\.')}$`);
}

/** Throws a Rejection `key_untrusted` if the delivery names a key that the plugin doesn't allow. */
export function keyRequest(plan: RemotePlan, message: SignedMessage): KeyRequest {
  for (const [value, form] of plan.forms) {
    if (!form.test(renderBytes(value, message)?.toString() ?? '')) throw untrusted('the name of the key is none');
  }
  const url = keyUrl(plan, message);
  const body = plan.method === 'POST' ? JSON.stringify(Object.fromEntries(plan.json.map(fill))) : undefined;
  const authorization = plan.authorization === undefined ? undefined : fill(['', plan.authorization])[1];
  function fill([name, pieces]: readonly [string, readonly Piece[]]): [string, string] {
    return [name, renderBytes(pieces, message)?.toString() ?? ''];
  }
  return {
    id: requestId(url, body, authorization),
    url,
    method: plan.method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(authorization !== undefined && { authorization }),
    },
    ...(body !== undefined && { body }),
  };
}

/** The same for the same key. */
export function requestId(...parts: readonly (string | undefined)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}

function keyUrl({ url: pieces, hosts, pathPrefix, pathSuffix }: RemotePlan, message: SignedMessage): string {
  const text = pieces.map((piece) => segmentOf(piece, pieces.length === 1, message)).join('');
  const url = text.length <= 2000 && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw untrusted('the URL of the key is none');
  if (url.protocol !== 'https:' || url.port !== '') throw untrusted('the URL of the key is not plain https');
  if (url.username !== '' || url.password !== '') throw untrusted('the URL of the key has credentials');
  if (!hosts.some((host) => host.test(url.hostname))) throw untrusted('the key is on a host that is not allowed');
  if (!url.pathname.startsWith(pathPrefix) || !url.pathname.endsWith(pathSuffix))
    throw untrusted('the path of the key is not one that is allowed');
  // Each query would be another key: a stranger could have the same one fetched, and kept, without end.
  if (pieces[0]?.kind === 'value' && url.search !== '') throw untrusted('the URL of the key has a query');
  url.hash = '';
  return url.href;
}

/** What is put into a URL must be one segment of its path; the URL as a whole is checked afterwards. */
function segmentOf(piece: Piece, whole: boolean, message: SignedMessage): string {
  if (piece.kind === 'text') return piece.text;
  const value = piece.kind === 'value' ? readText(piece, message) : undefined;
  if (value === undefined) throw untrusted('the delivery does not name its key');
  if (!whole && !/^[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,199}$/.test(value)) throw untrusted('the name of the key is none');
  return value;
}

/**
 * The key in a fetched document that is not a certificate. Throws a Rejection `key_untrusted` if there is none of the form
 * that the plugin says. Documents are parsed once.
 */
export function keyOf(plan: RemotePlan, document: KeyDocument, kid: string | undefined): KeyObject {
  const keys = keysOf.get(document) ?? new Map<string, KeyObject>();
  keysOf.set(document, keys);
  // An endpoint has its documents to itself, but may have several schemes.
  const name = JSON.stringify([plan.format, plan.pointer, kid]);
  const key = keys.get(name) ?? parseKey(plan, document.text, kid);
  keys.set(name, key);
  return key;
}

const keysOf = new WeakMap<KeyDocument, Map<string, KeyObject>>();

function parseKey(plan: RemotePlan, text: string, kid: string | undefined): KeyObject {
  try {
    return keyIn(plan, text, kid);
  } catch {
    // Whatever the parsers say quotes the text.
    throw untrusted(`what was fetched is not a key (${plan.format})`);
  }
}

function keyIn({ format, pointer }: RemotePlan, text: string, kid: string | undefined): KeyObject {
  const isText = format !== 'jwk' && format !== 'jwks';
  const value = isText && pointer.length === 0 ? text : pointer.reduce<unknown>(member, JSON.parse(text));
  if (isText) return publicOnly(readAsymmetric(String(value).trim(), format));
  if (format === 'jwk') return jwkKey(value);
  const keys = member(value, 'keys');
  const list: readonly unknown[] = Array.isArray(keys) ? keys.slice(0, 100) : [];
  return jwkKey(list.find((key) => member(key, 'kid') === kid));
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? new Map<string, unknown>(Object.entries(value)).get(name)
    : undefined;
}

function publicOnly(key: KeyObject): KeyObject {
  if (key.type !== 'public') throw new Error('a private key');
  return key;
}

export function untrusted(detail: string): Rejection {
  return new Rejection('key_untrusted', { detail });
}
