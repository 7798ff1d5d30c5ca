/**
 * What a stranger's worst deliveries cost before they are refused: the first good vector of each provider, made hostile, and
 * its plugin's scheme. Usage: npm run bench:bad-input. CPU ms, median and worst of 20 after 3; exits 1 if a median is over 5.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseVectors, requestOf, type Vector } from '../src/forensics/vectors.js';
import type { Delivery, Scheme } from '../src/model.js';
import { packageRoot } from '../src/package-root.js';
import { loadPlugin } from '../src/plugins/load.js';
import { Rejection } from '../src/rejection.js';

const rounds = 20;
const warmUps = 3;
const most = 5;
const shown = 25;
const cap = 128 * 1024;
const mebibyte = 1024 * 1024;
/** Node takes no more headers than that. */
const header = 16_000;
const now = 1_800_000_000_000;

type Hostile = (delivery: Delivery) => Delivery | undefined;

interface Row {
  readonly name: string;
  readonly outcome: string;
  readonly median: number;
  readonly worst: number;
}

/** Values that JSON takes, of about so many bytes. */
const values: { readonly [what: string]: (size: number) => string } = {
  'a text': (size) => `"${'x'.repeat(size)}"`,
  'a text beyond ASCII': (size) => `"${'é'.repeat(size / 2)}"`,
  escapes: (size) => `"${'\\u0041'.repeat(size / 6)}"`,
  'short texts': (size) =>
    `[${Array(Math.floor(size / 4))
      .fill('"a"')
      .join()}]`,
  'numbers of 30 digits': (size) => `[${Array(3_900).fill('1'.repeat(30)).join().slice(0, size)}1]`,
  names: () => `{${Array.from({ length: 3_900 }, (_, n) => `"${String(n).padStart(20, '0')}":1`).join()}}`,
  'small objects': () =>
    `[${Array(225).fill(`{${[...'abcdefghijklmnop'].map((name) => `"${'k'.repeat(19)}${name}":1`)}}`)}]`,
  depth: () => '['.repeat(490) + ']'.repeat(490),
  spaces: (size) => `${' '.repeat(size)}1`,
};

const fields: { readonly [what: string]: (size: number) => string } = {
  pluses: (size) => `&zz=${'+'.repeat(size)}`,
  'percent signs': (size) => `&zz=${'%41'.repeat(size / 3)}`,
  'a thousand fields': (size) => Array.from({ length: 950 }, (_, n) => `&z${n}=${'%41'.repeat(size / 3_200)}`).join(''),
  'the same field': (size) =>
    Array(950)
      .fill(`&zz=${'1'.repeat(size / 1_000)}`)
      .join(''),
  ampersands: (size) => '&'.repeat(size),
};

const headerTexts: { readonly [what: string]: string } = {
  commas: ','.repeat(header),
  entries: ',v1=00,s=1;h1=0'.repeat(header / 15),
  'bytes beyond ASCII': 'é'.repeat(header),
  base64: 'QUFB'.repeat(header / 4),
  dots: '.'.repeat(header),
  spaces: ' '.repeat(header),
};

function hostiles(): ReadonlyMap<string, Hostile> {
  const all = new Map<string, Hostile>();
  all.set('1 MiB of anything', (delivery) => ({ ...delivery, body: Buffer.alloc(mebibyte, 'x') }));
  for (const [size, label] of [
    [cap, '128 KiB'],
    [mebibyte, '1 MiB'],
  ] as const) {
    for (const [what, make] of Object.entries(values))
      all.set(`JSON, ${label}: ${what}`, (it) => withMember(it, make, size));
    for (const [what, make] of Object.entries(fields))
      all.set(`form, ${label}: ${what}`, (it) => withFields(it, make, size));
  }
  for (const [what, make] of Object.entries(fields)) all.set(`query: ${what}`, (it) => withQuery(it, make(header)));
  for (const [what, text] of Object.entries(headerTexts)) all.set(`headers: ${what}`, (it) => withHeaders(it, text));
  return all;
}

function withMember(delivery: Delivery, make: (size: number) => string, size: number): Delivery | undefined {
  const text = delivery.body.toString();
  if (!text.startsWith('{"')) return undefined;
  const room = size - delivery.body.length - 20;
  return { ...delivery, body: Buffer.from(`{"zz":${make(room)},${text.slice(1)}`) };
}

function withFields(delivery: Delivery, make: (size: number) => string, size: number): Delivery | undefined {
  const text = delivery.body.toString();
  if (!/^[\w.%+-]+=/.test(text)) return undefined;
  return { ...delivery, body: Buffer.from(text + make(size - delivery.body.length - 20)) };
}

function withQuery(delivery: Delivery, text: string): Delivery {
  const { target } = delivery;
  return { ...delivery, target: (target.includes('?') ? target : `${target}?a=1`) + text };
}

/** Each header but the content type goes on with the text. */
function withHeaders(delivery: Delivery, text: string): Delivery {
  const headers = Object.entries(delivery.headers).map(([name, [value = ''] = []]) => [
    name,
    [name === 'content-type' ? value : value + text],
  ]);
  return { ...delivery, headers: Object.fromEntries(headers) };
}

function measure(name: string, scheme: Scheme, request: ReturnType<typeof requestOf>, delivery: Delivery): Row {
  const { secrets, around } = request;
  const times: number[] = [];
  let outcome = '';
  for (let round = -warmUps; round < rounds; round++) {
    const start = process.cpuUsage();
    try {
      scheme.verify(delivery, secrets, request.now, around);
      outcome = 'proven';
    } catch (error) {
      outcome = error instanceof Rejection ? error.code : `an exception: ${error}`;
    }
    const { user, system } = process.cpuUsage(start);
    if (round >= 0) times.push((user + system) / 1000);
  }
  times.sort((a, b) => a - b);
  return { name, outcome, median: times[rounds / 2] ?? 0, worst: times.at(-1) ?? 0 };
}

async function measureAll(vectors: readonly Vector[]): Promise<Row[]> {
  const rows: Row[] = [];
  const seen = new Set<string>();
  for (const vector of vectors) {
    const { provider = '', valid } = vector;
    if (!valid || seen.has(provider)) continue;
    seen.add(provider);
    const plugin = await loadPlugin(join(packageRoot, 'plugins', provider));
    if (plugin.provider === undefined) continue;
    const { scheme } = plugin.provider;
    const request = requestOf(vector, scheme, now);
    for (const [what, spoil] of hostiles()) {
      const delivery = spoil(request.delivery);
      if (delivery !== undefined) rows.push(measure(`${provider}: ${what}`, scheme, request, delivery));
    }
  }
  return rows.sort((a, b) => b.median - a.median);
}

const vectors = parseVectors(readFileSync(join(packageRoot, 'test/cases/signature/vectors.jsonl'), 'utf8'));
const rows = await measureAll(vectors);
process.stdout.write(`${rows.length} deliveries; the slowest, CPU ms\n`);
for (const { name, outcome, median, worst } of rows.slice(0, shown)) {
  process.stdout.write(`${median.toFixed(2).padStart(8)} ${worst.toFixed(2).padStart(8)}  ${name} (${outcome})\n`);
}
const exceptions = rows.filter(({ outcome }) => outcome.startsWith('an exception'));
for (const { name, outcome } of exceptions) process.stdout.write(`${name}: ${outcome}\n`);
process.exitCode = exceptions.length > 0 || rows.some(({ median }) => median > most) ? 1 : 0;
