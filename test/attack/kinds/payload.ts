import { deflateSync, gzipSync } from 'node:zlib';
import { hostiles } from '../../../bench/hostile.js';
import type { Dice } from '../../support/mutate.js';
import { signed, toWire } from '../honest.js';
import type { WireRequest } from '../wire.js';
import { addHeader, type Base, changing, type Kind, pick, withBody, withHeader } from './kind.js';

type Edit = (text: string, dice: Dice) => string;

/** The body as characters, one for each byte. */
function editing(name: string, edit: Edit, weight = 1): Kind {
  return changing(
    'payload',
    name,
    (request, dice) => {
      const text = request.body.toString('latin1');
      const edited = edit(text, dice);
      return edited === text ? undefined : withBody(request, Buffer.from(edited, 'latin1'));
    },
    weight,
  );
}

function splice(text: string, dice: Dice, remove: number, insert: string): string {
  const at = dice(text.length + 1);
  return text.slice(0, at) + insert + text.slice(at + remove);
}

const inserts = [
  '\u0000',
  '"',
  '{',
  '}',
  ',',
  ' ',
  '\n',
  '&',
  '=',
  '%',
  '%00',
  '+',
  '\u00ff',
  '\ufeff',
  '0',
  '-',
  'e9',
  '\\u0000',
];

/** A member, or a field, that the body has, a second time with another value. */
function repeatMember(text: string, dice: Dice): string {
  const members = [...text.matchAll(/"([\w.-]+)"\s*:/g)];
  if (/^\s*\{/.test(text) && members.length > 0) {
    const [, name = ''] = pick(dice, members);
    const member = `"${name}":"forged"`;
    return dice(2) === 0 ? text.replace('{', `{${member},`) : text.replace(/\}\s*$/, `,${member}}`);
  }
  const fields = [...text.matchAll(/(?:^|&)([^=&]+)=/g)];
  if (fields.length === 0) return text;
  const [, name = ''] = pick(dice, fields);
  return dice(2) === 0 ? `${name}=forged&${text}` : `${text}&${name}=forged`;
}

/** A value of the body, changed. */
function changeValue(text: string, dice: Dice): string {
  const values = [...text.matchAll(/(?<=":\s*"?|=)[\w.-]+/g)];
  if (values.length === 0) return text;
  const found = pick(dice, values);
  const [value] = found;
  const forged = /^\d+$/.test(value) ? String(Number(value.slice(-9)) + 1 + dice(1_000)) : `${value}x`;
  return text.slice(0, found.index) + forged + text.slice(found.index + value.length);
}

const bodies = [
  ...[
    '',
    '{}',
    '[]',
    'null',
    'true',
    '0',
    '-0',
    '1e999',
    '""',
    '"\\ud800"',
    '{"id":1}',
    '[[[[',
    '{"__proto__":{"id":1}}',
  ],
  ...['\u0000', '\ufeff{}', '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'],
  ...['a=1', '&&&', '=', '%', '%zz=%zz', 'a[]=1&a[__proto__]=2', '--x\r\n\r\n--x--', `${'['.repeat(5_000)}`],
  ...[`{"a":${'{"a":'.repeat(3_000)}1${'}'.repeat(3_001)}`, `{"a":"${'\\u0041'.repeat(2_000)}"}`, '1'.repeat(5_000)],
];

const dearBytes = 24 * 1024;
const small = [...hostiles(dearBytes)];

/** One of the deliveries that are dear to read. */
function makeDear(request: WireRequest, dice: Dice): WireRequest | undefined {
  if (request.body.length > dearBytes / 3) return undefined;
  const [, spoil] = pick(dice, small);
  const headers = Object.fromEntries(request.headers.map(([name, value]) => [name, [value]]));
  const { method, target, body } = request;
  const spoilt = spoil({ id: '', receivedAt: 0, method, target, headers, body });
  if (spoilt === undefined) return undefined;
  const list = Object.entries(spoilt.headers).map(([name, values]) => [name, values?.[0] ?? ''] as const);
  if (list.some(([, value]) => value.length > 9_000)) return undefined;
  return { method, target: spoilt.target, headers: list, body: spoilt.body };
}

const mebibyte = 1024 * 1024;
const bomb = gzipSync(Buffer.alloc(20 * mebibyte));
const large = Buffer.alloc(mebibyte, 'x');

/** The provider itself sends what nobody can read. */
const unreadable: Kind = {
  layer: 'payload',
  name: 'signed, and not to be read',
  weight: 0.2,
  make({ target, unsigned }: Base, dice) {
    if (!target.honest) return undefined;
    try {
      const body = Buffer.from(pick(dice, bodies), 'latin1');
      return { request: toWire(signed(target, { ...unsigned, body }, Date.now())), signed: [], claim: 'authentic' };
    } catch {
      // A scheme that signs fields finds none.
      return undefined;
    }
  },
};

export const payloadKinds: readonly Kind[] = [
  editing('a byte changed', (text, dice) => splice(text, dice, 1, String.fromCharCode(dice(256))), 2),
  editing('a bit changed', (text, dice) => {
    const at = dice(text.length);
    return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << dice(8))) + text.slice(at + 1);
  }),
  editing('bytes inserted', (text, dice) => splice(text, dice, 0, pick(dice, inserts))),
  editing('bytes removed', (text, dice) => splice(text, dice, 1 + dice(20), '')),
  editing('cut off', (text, dice) => text.slice(0, dice(text.length))),
  editing('longer', (text, dice) => text + pick(dice, inserts)),
  editing('a member twice', repeatMember, 2),
  editing('a value changed', changeValue, 3),
  editing('twice', (text) => text + text),
  editing('in UTF-16', (text) => Buffer.from(text, 'utf16le').toString('latin1'), 0.5),
  editing('another one', (_, dice) => pick(dice, bodies), 2),
  changing('payload', 'dear to read', makeDear, 3),
  changing('payload', 'of 1 MiB', (request) => withBody(request, large), 0.04),
  changing('payload', 'over the limit', (request) => withBody(request, Buffer.alloc(mebibyte + 1, 'x')), 0.02),
  changing('payload', 'compressed', (request, dice) => {
    const [name, pack] = pick(dice, [
      ['gzip', gzipSync],
      ['deflate', deflateSync],
    ] as const);
    return addHeader(withBody(request, pack(request.body)), 'Content-Encoding', name);
  }),
  changing('payload', 'a bomb', (request) => addHeader(withBody(request, bomb), 'Content-Encoding', 'gzip'), 0.1),
  changing('payload', 'called compressed', (request, dice) =>
    addHeader(request, 'Content-Encoding', pick(dice, ['gzip', 'identity', 'br', 'zstd', 'gzip, gzip', '\u00e9', ''])),
  ),
  changing('payload', 'of another media type', (request, dice) =>
    withHeader(
      request,
      'Content-Type',
      pick(dice, [
        'text/plain',
        'application/xml',
        'multipart/form-data; boundary=x',
        '',
        '*',
        ';',
        'application/json; charset=utf-16',
        'x'.repeat(900),
      ]),
    ),
  ),
  unreadable,
];
