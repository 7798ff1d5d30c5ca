import { createHash, createHmac, type KeyObject } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { decodeUtf8 } from '../util/utf8.js';
import { decodeStrictly } from './encoding.js';
import type { TemplateFilter } from './templates.js';

/** A value of a template: text, or bytes as they are. */
export type Value = string | Buffer;

/** What filters know of the message beside their value. */
export interface FilterContext {
  /** The key of an `hmac-…` filter. */
  readonly key?: KeyObject | undefined;
}

type Apply = (value: Value | undefined, context: FilterContext) => Value | undefined;

const standardPorts: { readonly [scheme: string]: string | undefined } = { https: '443', http: '80' };
const authority = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/;

/** A filter, ready to be applied. What isn't of the form that it needs, such as text that is not base64, is absent afterwards. */
export function compileFilter({ name, argument }: TemplateFilter): Apply {
  switch (name) {
    case 'default':
      return (value) => value ?? argument;
    case 'nonempty':
      return (value) => (value === undefined || value.length === 0 ? undefined : value);
    case 'md5':
    case 'sha1':
    case 'sha256':
    case 'sha384':
    case 'sha512':
      return onBytes((bytes) => written(createHash(name).update(bytes).digest(), argument));
    case 'hmac-sha1':
    case 'hmac-sha256':
    case 'hmac-sha512': {
      const hash = name.slice('hmac-'.length);
      return (value, { key }) =>
        value === undefined || key === undefined
          ? undefined
          : written(createHmac(hash, key).update(value).digest(), argument);
    }
    case 'crc32':
      return onBytes((bytes) => String(crc32(bytes)));
    case 'base64':
      return onBytes((bytes) => bytes.toString('base64'));
    case 'unbase64':
      return onText((text) => decodeStrictly(text.replace(/\r?\n/g, ''), 'base64'));
    case 'hex':
      return onText((text) => (/^[0-9a-f]{1,128}$/i.test(text) ? text : undefined));
    default:
      return onText(textFilter(name, argument));
  }
}

type TextFilterName = Exclude<
  TemplateFilter['name'],
  | 'default'
  | 'nonempty'
  | 'crc32'
  | 'base64'
  | 'unbase64'
  | 'hex'
  | `${'' | 'hmac-'}${'sha1' | 'sha256' | 'sha384' | 'sha512'}`
  | 'md5'
>;

function textFilter(name: TextFilterName, argument: string): (text: string) => string {
  switch (name) {
    case 'lower':
      return (text) => text.toLowerCase();
    case 'upper':
      return (text) => text.toUpperCase();
    case 'trim':
      return (text) => text.trim();
    case 'reverse':
      return (text) => [...text].reverse().join('');
    case 'nfkd':
      return (text) => text.normalize('NFKD');
    case 'strip':
      return (text) => (text.startsWith(argument) ? text.slice(argument.length) : text);
    case 'urlencode':
      return encodeForm;
    case 'no_query':
      return (text) => text.replace(/[?#].*$/s, '');
    case 'no_slash':
      return (text) => (text.length > 1 && text.endsWith('/') ? text.slice(0, -1) : text);
    case 'no_port':
      return (text) => text.replace(authority, (_, scheme, host: string) => `${scheme}://${host.replace(/:\d+$/, '')}`);
    case 'std_port':
      return (text) =>
        text.replace(authority, (whole, scheme: string, host: string) =>
          /:\d+$/.test(host) ? whole : `${scheme}://${host}:${standardPorts[scheme] ?? ''}`,
        );
  }
}

/** Bytes that stay as they are in a form. */
const unreserved = new Set(Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.'));
const kept = Uint8Array.from({ length: 256 }, (_, byte) => (unreserved.has(byte) ? 1 : 0));
const digits = Buffer.from('0123456789ABCDEF');
const space = 0x20;
const plus = 0x2b;
const percent = 0x25;

/** As `application/x-www-form-urlencoded` writers have it: a space is `+`. */
export function encodeForm(text: string): string {
  const bytes = Buffer.from(text);
  const written = Buffer.allocUnsafe(bytes.length * 3);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (kept[byte] === 1) written[length++] = byte;
    else if (byte === space) written[length++] = plus;
    else {
      written[length++] = percent;
      written[length++] = digits[byte >> 4] ?? 0;
      written[length++] = digits[byte & 15] ?? 0;
    }
  }
  return written.toString('latin1', 0, length);
}

function onBytes(apply: (bytes: Buffer) => Value | undefined): Apply {
  return (value) => (value === undefined ? undefined : apply(typeof value === 'string' ? Buffer.from(value) : value));
}

function onText(apply: (text: string) => Value | undefined): Apply {
  return (value) => (value === undefined ? undefined : apply(asText(value)));
}

/** A value as text. */
export function asText(value: Value): string {
  return typeof value === 'string' ? value : (decodeUtf8(value) ?? value.toString());
}

function written(digest: Buffer, form: string): Value {
  if (form === 'bytes') return digest;
  return digest.toString(form === 'base64' || form === 'base64url' ? form : 'hex');
}
