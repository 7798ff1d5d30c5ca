import type { Dice } from '../../support/mutate.js';
import type { WireRequest } from '../wire.js';
import { addHeader, changing, type Kind, pick } from './kind.js';

const methods = [
  'GET',
  'PUT',
  'HEAD',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'SEARCH',
  'M-SEARCH',
  'PURGE',
  'QUERY',
];

function pathOf(target: string): [path: string, query: string] {
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at)];
}

/** Ways to write, or to miss, a path. */
const paths: readonly ((path: string, query: string, dice: Dice) => string)[] = [
  (path, query) => `${path}/${query}`,
  (path, query) => `${path}//${query}`,
  (path, query) => `/${path}${query}`,
  (path, query) => `/.${path}${query}`,
  (path, query) => `/x/..${path}${query}`,
  (path, query) => path.toUpperCase() + query,
  (path, query) => `${path.replace(/[a-z]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}${query}`,
  (path, query) => `${path}%2f..%2f..%2fetc%2fpasswd${query}`,
  (path, query) => `${path};x=1${query}`,
  (path, query) => `${path}%00${query}`,
  (path, query) => `${path}\u00e9${query}`,
  (path, query) => `http://hooks.example.com${path}${query}`,
  (path, query) => `https://evil.example:1${path}${query}`,
  (path, query) => `${path}${query || '?'}&x=${'y'.repeat(1_000)}`,
  (path, query) => `${path}${query}?${query}`,
  (path, query) => `${path}#x${query}`,
  (path) => `${path}?__proto__=1&constructor=1`,
  (_, __, dice) => `/${dice(1e9).toString(36)}`,
  (_, __, dice) =>
    pick(dice, [
      'http://[',
      'http://[::1',
      'http://]',
      'ws://[',
      'http://xn--/',
      'foo://[/',
      '*',
      '//',
      '/%',
      '/?',
      '/..',
      '/\\',
    ]),
  (_, __, dice) =>
    pick(dice, ['/health', '/metrics', '/status', '/ready', '/log', '/reload', '/favicon.ico', '/.env', '/admin']),
];

const odd = [
  '',
  ' ',
  '\t',
  '\u00e9\u00ff',
  '0',
  '-1',
  'NaN',
  '1e9',
  '{"a":1}',
  '<x>',
  '\u001f',
  '\u007f',
  "'",
  ';',
  'x'.repeat(3_000),
];
const common = [
  ...['Accept', 'Cookie', 'Authorization', 'Range', 'If-None-Match', 'Origin', 'Referer', 'User-Agent', 'Via'],
  ...['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'X-Original-URL', 'X-HTTP-Method-Override', 'X-Forwarded-Proto'],
  ...[
    'Upgrade',
    'HTTP2-Settings',
    'Connection',
    'Proxy-Connection',
    'TE',
    'Trailer',
    'Keep-Alive',
    'Priority',
    'Expect',
  ],
  ...['__proto__', 'constructor', 'Content-Type', 'Date', 'Content-MD5', 'Transfer-Encoding', 'Content-Length', 'Host'],
];

function changeHeader(request: WireRequest, dice: Dice): WireRequest {
  const at = dice(request.headers.length);
  const [name, value] = request.headers[at] ?? ['x', 'x'];
  const changed = pick(dice, [
    () => [name, value + pick(dice, odd)] as const,
    () => [name, pick(dice, odd) + value] as const,
    () => [name, pick(dice, odd)] as const,
    () => [name.toUpperCase(), value] as const,
    () => [`${name}${pick(dice, ['x', '_', '-', '.'])}`, value] as const,
  ])();
  return { ...request, headers: request.headers.with(at, changed) };
}

/** HTTP/1.1 chunks of odd sizes: the same body. */
function chunked(request: WireRequest, dice: Dice): WireRequest {
  const pieces: Buffer[] = [];
  for (let at = 0; at < request.body.length; ) {
    const size = Math.min(request.body.length - at, 1 + dice(pick(dice, [4, 200, 2_000])));
    const extension = dice(8) === 0 ? ';x="y"' : '';
    pieces.push(
      Buffer.from(`${size.toString(16)}${extension}\r\n`),
      request.body.subarray(at, at + size),
      Buffer.from('\r\n'),
    );
    at += size;
  }
  pieces.push(Buffer.from(dice(4) === 0 ? '0\r\nX-Trailer: x\r\n\r\n' : '0\r\n\r\n'));
  return addHeader({ ...request, body: Buffer.concat(pieces) }, 'Transfer-Encoding', 'chunked');
}

export const headKinds: readonly Kind[] = [
  changing('http', 'another method', (request, dice) => ({ ...request, method: pick(dice, methods) }), 2),
  changing(
    'http',
    'another path',
    (request, dice) => ({ ...request, target: pick(dice, paths)(...pathOf(request.target), dice) }),
    3,
  ),
  changing('http', 'a long path', (request) => ({ ...request, target: `/${'a'.repeat(9_000)}` }), 0.2),
  // A body is signed, not its chunks: the judge has it back together.
  {
    layer: 'http',
    name: 'in chunks',
    weight: 1,
    make: (base, dice) => ({ request: chunked(base.request, dice), signed: [base.request], claim: 'authentic' }),
  },
  {
    layer: 'http',
    name: 'sent again',
    weight: 1,
    make: (base) => ({ request: base.request, signed: [base.request], claim: 'authentic' }),
  },
  changing('headers', 'one changed', changeHeader, 3),
  changing('headers', 'one missing', (request, dice) => ({
    ...request,
    headers: request.headers.toSpliced(dice(request.headers.length), 1),
  })),
  changing(
    'headers',
    'one twice',
    (request, dice) => {
      const [name, value] = pick(dice, request.headers);
      const forged = pick(dice, [value, `${value}x`, '', 'x']);
      const headers = [...request.headers];
      headers.splice(dice(headers.length + 1), 0, [name, forged]);
      return { ...request, headers };
    },
    2,
  ),
  changing('headers', 'one more', (request, dice) => addHeader(request, pick(dice, common), pick(dice, odd)), 2),
  changing(
    'headers',
    'a hundred more',
    (request, dice) => ({
      ...request,
      headers: [
        ...request.headers,
        ...Array.from({ length: 100 }, (_, n) => [`x-${n}`, pick(dice, odd.slice(4, 8))] as const),
      ],
    }),
    0.3,
  ),
  changing('headers', 'too many bytes', (request) => addHeader(request, 'X-Large', 'x'.repeat(17_000)), 0.3),
  changing('headers', 'from elsewhere', (request, dice) =>
    addHeader(request, pick(dice, ['X-Forwarded-For', 'Forwarded']), `for=10.${dice(256)}.${dice(256)}.${dice(256)}`),
  ),
];
