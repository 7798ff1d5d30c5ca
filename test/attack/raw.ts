import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Dice } from '../support/mutate.js';
import { encode, type WireRequest } from './wire.js';

/** Bytes to write, or milliseconds to wait. */
type Step = string | Buffer | number;

export interface RawAttack {
  readonly name: string;
  /** `unsigned`: a request without a signature, which nobody may take. */
  steps(unsigned: WireRequest, dice: Dice): readonly Step[];
  /** What it does in the end: waits for an answer, resets the connection. */
  readonly end?: 'reset';
}

const quiet = 250;

/** Resolves with all that came until the other side closed, or nothing came for a quarter of a second. */
export async function run(url: string, from: string, steps: readonly Step[], end?: 'reset'): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, localAddress: from });
  let text = '';
  let last = performance.now();
  socket.on('data', (chunk) => {
    text += text.length < 100_000 ? chunk.toString('latin1') : '';
    last = performance.now();
  });
  socket.on('error', () => undefined);
  for (const step of steps) {
    if (socket.destroyed) break;
    if (typeof step === 'number') await delay(step);
    else socket.write(step, 'latin1');
  }
  if (end === 'reset') {
    await delay(5);
    socket.resetAndDestroy();
  }
  while (!socket.destroyed && performance.now() - last < quiet) await delay(10);
  socket.destroy();
  return text;
}

const crlf = '\r\n';

function head(request: WireRequest, ...more: readonly string[]): string {
  const lines = [`POST ${request.target} HTTP/1.1`, 'Host: x', 'Content-Type: application/json', ...more];
  return lines.join(crlf) + crlf + crlf;
}

/** What one reader takes for the body of the first request, another takes for a second request. */
function inner(request: WireRequest): string {
  return `${head(request, 'Content-Length: 2')}{}`;
}

function attack(name: string, steps: RawAttack['steps'], end?: 'reset'): RawAttack {
  return { name, steps, ...(end && { end }) };
}

const framings: { readonly [name: string]: readonly string[] } = {
  'a length and chunks': ['Content-Length: 4', 'Transfer-Encoding: chunked'],
  'chunks and a length': ['Transfer-Encoding: chunked', 'Content-Length: 4'],
  'two lengths': ['Content-Length: 4', 'Content-Length: 90'],
  'two lengths in one': ['Content-Length: 4, 90'],
  'a length with a sign': ['Content-Length: +4'],
  'a length below zero': ['Content-Length: -1'],
  'a length beyond all': ['Content-Length: 99999999999999999999'],
  'a length in hex': ['Content-Length: 0x4'],
  'a length after a space': ['Content-Length : 4'],
  'an encoding that is none': ['Transfer-Encoding: xchunked'],
  'two encodings': ['Transfer-Encoding: chunked, identity'],
  'an encoding twice': ['Transfer-Encoding: chunked', 'Transfer-Encoding: x'],
  'an encoding over two lines': ['Transfer-Encoding:\r\n chunked'],
  'an encoding after a tab': ['Transfer-Encoding:\tchunked'],
  'a name with a NUL': ['Transfer\u0000-Encoding: chunked'],
  'a bare line feed': ['X: y\nTransfer-Encoding: chunked'],
  'a bare carriage return': ['X: y\rTransfer-Encoding: chunked'],
};

const chunks: { readonly [name: string]: string } = {
  'a size that is none': 'zz\r\nabc\r\n0\r\n\r\n',
  'a size below zero': '-1\r\nabc\r\n0\r\n\r\n',
  'a size beyond all': 'ffffffffffffffff1\r\nabc\r\n',
  'a size of 2 GiB': '7fffffff\r\nabc',
  'a chunk that is too short': '5\r\nabc\r\n0\r\n\r\n',
  'a chunk without its end': '3\r\nabcX0\r\n\r\n',
  'an extension of 20 KB': `3;${'x'.repeat(20_000)}\r\nabc\r\n0\r\n\r\n`,
  'a trailer of 20 KB': `0\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
  'chunks of one byte': `${'1\r\n{\r\n'.repeat(6_000)}0\r\n\r\n`,
};

export const rawAttacks: readonly RawAttack[] = [
  ...Object.entries(framings).map(([name, lines]) =>
    attack(`framing: ${name}`, (it) => [`${head(it, ...lines)}0\r\n\r\n${inner(it)}`]),
  ),
  ...Object.entries(chunks).map(([name, text]) =>
    attack(`chunks: ${name}`, (it) => [head(it, 'Transfer-Encoding: chunked') + text]),
  ),
  attack('half a head', (it, dice) => [head(it, 'Content-Length: 2').slice(0, 1 + dice(60)), 20], 'reset'),
  attack('half a body', (it) => [head(it, 'Content-Length: 900'), '{"a":', 20], 'reset'),
  attack('a slow head', (it) => [...head(it, 'Content-Length: 2').slice(0, 40)].flatMap((byte) => [byte, 15]), 'reset'),
  attack(
    'a slow body',
    (it) => [
      head(it, 'Content-Length: 50'),
      ...Array(40)
        .fill('x')
        .flatMap((byte) => [byte, 15]),
    ],
    'reset',
  ),
  attack('reset at once', () => [], 'reset'),
  attack('twenty in one go', (it) => [encode(it).toString('latin1').repeat(20)]),
  attack('twenty without reading', (it) => [encode(it).toString('latin1').repeat(20)], 'reset'),
  attack('continue, and nothing', (it) => [head(it, 'Expect: 100-continue', 'Content-Length: 9')]),
  attack('continue, too large', (it) => [head(it, 'Expect: 100-continue', 'Content-Length: 99000000')]),
  attack('continue with an unknown word', (it) => [`${head(it, 'Expect: 200-ok', 'Content-Length: 2')}{}`]),
  attack('an upgrade', (it) => [
    `${head(it, 'Connection: Upgrade', `Upgrade: ${'websocket'}`, 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', 'Content-Length: 2')}{}`,
  ]),
  attack('HTTP/2', () => ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000\u0000\u0004\u0000\u0000\u0000\u0000\u0000']),
  attack('HTTP/2 by an upgrade', (it) => [
    `${head(it, 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk', 'Content-Length: 2')}{}`,
  ]),
  attack('HTTP/0.9', (it) => [`GET ${it.target}\r\n\r\n`]),
  attack('HTTP/1.0', (it) => [`POST ${it.target} HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}`]),
  attack('HTTP/9.9', (it) => [`POST ${it.target} HTTP/9.9\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`]),
  attack('TLS', () => ['\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003']),
  attack('a proxy protocol', (it) => [`PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n${encode(it).toString('latin1')}`]),
  attack('CONNECT', () => ['CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n']),
  attack('no host', (it) => [`POST ${it.target} HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}`]),
  attack('two hosts', (it) => [`${head(it, 'Host: y', 'Content-Length: 2')}{}`]),
  attack('line breaks first', (it) => [crlf.repeat(200) + encode(it).toString('latin1')]),
  attack('a body after GET', (it) => [`GET ${it.target} HTTP/1.1\r\nHost: x\r\n\r\n${inner(it)}`]),
  attack('random bytes', (_, dice) => [Buffer.from(Array.from({ length: 1 + dice(400) }, () => dice(256)))]),
  attack('random bytes in a request', (it, dice) => {
    const bytes = Buffer.from(encode(it));
    for (let times = 1 + dice(5); times > 0; times--) bytes[dice(Math.min(bytes.length, 200))] = dice(256);
    return [bytes];
  }),
  attack('a head of 17 KB in pieces', (it) => [
    `POST ${it.target} HTTP/1.1\r\nX: `,
    ...Array(17).fill('x'.repeat(1_000)),
    crlf,
  ]),
  attack('two thousand headers', (it) => [head(it, ...Array.from({ length: 2_000 }, (_, n) => `${pickName(n)}: 1`))]),
  attack(
    'most of 1 MiB, and a reset',
    (it) => [head(it, 'Content-Length: 1048576'), Buffer.alloc(900_000, 'x'), 30],
    'reset',
  ),
];

function pickName(n: number): string {
  return String.fromCharCode(97 + (n % 26)).repeat(1 + (n % 2));
}
