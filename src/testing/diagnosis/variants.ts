import { isUtf8 } from 'node:buffer';
import { createSecretKey, type KeyObject } from 'node:crypto';
import { jsonForms } from './json-forms.js';

/** Something as it may have been before somebody changed it. */
export interface Variant<T> {
  /** What it is then, for people: `as compact JSON`. It has no part of the value. */
  readonly how: string;
  readonly value: T;
}

/** A body as it may have been when it was signed, likely things first. */
export function bodyVariants(body: Buffer): readonly Variant<Buffer>[] {
  const text = body.toString('utf8');
  const variants: readonly Variant<string>[] = [
    { how: 'without the line break at its end', value: text.replace(/\r?\n$/, '') },
    { how: 'with a line break (LF) at its end', value: `${text}\n` },
    { how: 'with a line break (CRLF) at its end', value: `${text}\r\n` },
    { how: 'without its byte order mark', value: text.replace(/^\ufeff/, '') },
    { how: 'without white space around it', value: text.trim() },
    { how: 'with a byte order mark before it', value: `\ufeff${text}` },
    { how: 'with LF instead of CRLF', value: text.replaceAll('\r\n', '\n') },
    { how: 'with CRLF instead of LF', value: text.replaceAll(/\r?\n/g, '\r\n') },
    ...jsonForms(text),
    ...formVariants(text),
  ];
  const bytes = variants.map(({ how, value }) => ({ how, value: Buffer.from(value) }));
  const decoded: readonly Variant<Buffer>[] = /^[A-Za-z0-9+/]+={0,2}$/.test(text)
    ? [{ how: 'as base64, decoded', value: Buffer.from(text, 'base64') }]
    : [];
  const narrow = { how: 'read as UTF-8 once less', value: Buffer.from(text, 'latin1') };
  return [...bytes, ...decoded, narrow].filter(({ value }) => !value.equals(body));
}

function formVariants(text: string): readonly Variant<string>[] {
  if (!/^[^\s{}<>]+=[^\s{}<>]*$/.test(text)) return [];
  return [
    { how: 'with %20 instead of +', value: text.replaceAll('+', '%20') },
    { how: 'with + instead of %20', value: text.replaceAll('%20', '+') },
    { how: 'as a form that is encoded again', value: new URLSearchParams(text).toString() },
  ];
}

/** Keys that the text of a secret may stand for, read otherwise than the plugin says. Empty for asymmetric keys. */
export function keyVariants(key: KeyObject): readonly Variant<KeyObject>[] {
  if (key.type !== 'secret') return [];
  const bytes = key.export();
  const variants: Variant<Buffer>[] = [
    { how: 'as text, not decoded from hex', value: Buffer.from(bytes.toString('hex')) },
    { how: 'as text, not decoded from hex (upper case)', value: Buffer.from(bytes.toString('hex').toUpperCase()) },
    { how: 'as text, not decoded from base64', value: Buffer.from(bytes.toString('base64')) },
    { how: 'as text, whsec_ included', value: Buffer.from(`whsec_${bytes.toString('base64')}`) },
  ];
  if (isUtf8(bytes)) variants.push(...textVariants(bytes.toString('utf8')));
  return variants
    .filter(({ value }) => value.length > 0 && !value.equals(bytes))
    .map(({ how, value }) => ({ how, value: createSecretKey(value) }));
}

function textVariants(text: string): readonly Variant<Buffer>[] {
  const bare = text.replace(/^[a-z]{2,12}_/, '');
  const decoded = (given: string, how: string): readonly Variant<Buffer>[] => [
    ...(/^[\w+/-]+={0,2}$/.test(given)
      ? [{ how: `${how}decoded from base64`, value: Buffer.from(given, 'base64') }]
      : []),
    ...(/^([0-9a-f]{2})+$/i.test(given) ? [{ how: `${how}decoded from hex`, value: Buffer.from(given, 'hex') }] : []),
  ];
  const cut = (how: string, rest: string): readonly Variant<Buffer>[] =>
    rest === text ? [] : [{ how, value: Buffer.from(rest) }, ...decoded(rest, `${how}, `)];
  const plain = [
    { how: 'with a line break at its end', value: Buffer.from(`${text}\n`) },
    { how: 'without white space around it', value: Buffer.from(text.trim()) },
    { how: 'with whsec_ before it', value: Buffer.from(`whsec_${text}`) },
    ...decoded(text, ''),
    ...cut('without the quotes around it', text.replace(/^(["'])(.*)\1$/s, '$2')),
    ...cut('without the v1, before it', text.replace(/^v\d+,/, '')),
    ...cut('without the v1,whsec_ before it', text.replace(/^v\d+,whsec_/, '')),
  ];
  if (bare === text) return plain;
  return [...plain, { how: 'without its prefix', value: Buffer.from(bare) }, ...decoded(bare, 'without its prefix, ')];
}

/** Public URLs that may have been configured at the provider instead. `host`: of the request. */
export function urlVariants(url: string, host: string | undefined): readonly string[] {
  const [base = '', query = ''] = url.split(/(?=\?)/, 2);
  const slash = base.endsWith('/') ? base.slice(0, -1) : `${base}/`;
  const path = base.replace(/^https?:\/\/[^/]*/, '');
  const origins = host === undefined ? [] : [`https://${host}${path}`, `http://${host}${path}`];
  const bases = [slash, ...origins, base, ...origins.map((each) => `${each}/`)];
  const other = (each: string) =>
    each.startsWith('https:') ? each.replace('https:', 'http:') : each.replace('http:', 'https:');
  const all = [...bases, ...bases.map(other)].map((each) => each + query);
  return [...new Set(all)].filter((each) => each !== url);
}
