/**
 * What a stranger's worst deliveries cost before they are refused: the first good vector of each provider, or an example that
 * is signed here, made hostile, and all that its plugin reads before anything is proven. Usage: npm run bench:bad-input [-- PROVIDER…]. CPU ms, the
 * worst delivery of each scheme, median and best of 30; exits 1 if a median is over 5.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Delivery } from '../src/core/model.js';
import { Rejection } from '../src/core/rejection.js';
import { parseVectors, requestOf, type Vector } from '../src/testing/diagnosis/vectors.js';
import { packageRoot } from '../src/util/package-root.js';
import { hostiles, type Spoil } from './hostile.js';
import { open, type Signed, signExample } from './signed.js';

/** Of the dearest deliveries of each scheme. */
const rounds = 30;
const refined = 4;
/** CPU ms. */
const most = 5;
const shown = 40;
const mebibyte = 1024 * 1024;
/** The largest body by default, and the largest of which all fields may be signed, or that a detached token may have. */
const sizes = [mebibyte, mebibyte / 4, (mebibyte * 3) / 16] as const;
const now = 1_800_000_000_000;

interface Row {
  readonly provider: string;
  readonly what: string;
  readonly outcome: string;
  readonly median: number;
  readonly best: number;
}

/** As the pipeline does it: handshakes that anybody may ask for, the keys that are needed, the signature. */
function prove({ provider, delivery, secrets, surroundings, now: time = now }: Signed): string {
  const { scheme, handshakes = [] } = provider;
  try {
    for (const { verified, answer } of handshakes) {
      if (verified === 'before' && answer(delivery, secrets, time, surroundings) !== undefined) return 'answered';
    }
    if (scheme.fetchesKeys) scheme.remoteKeys(delivery, [], time, surroundings);
    scheme.verify(delivery, secrets, time, surroundings);
    return 'proven';
  } catch (error) {
    return error instanceof Rejection ? error.code : `an exception: ${error}`;
  }
}

/** CPU ms of so many rounds after a third as many, sorted. */
function time(count: number, work: () => void): readonly number[] {
  const times: number[] = [];
  for (let round = -count / 3; round < count; round++) {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    if (round >= 0) times.push((user + system) / 1000);
  }
  return times.sort((a, b) => a - b);
}

function middle(times: readonly number[]): number {
  return times[times.length >> 1] ?? 0;
}

/** A good delivery of a provider. */
async function deliveryOf(name: string, vector: Vector | undefined): Promise<Signed> {
  if (vector === undefined) return signExample(name, now);
  const { provider, looksInside } = await open(name);
  const { around, ...request } = requestOf(vector, provider.scheme, now);
  return { provider, looksInside, surroundings: around, ...request };
}

async function measureOne(name: string, vector: Vector | undefined): Promise<Row[]> {
  const signed = await deliveryOf(name, vector);
  const all = sizes.flatMap((size) =>
    [...hostiles(size)].map(([what, spoil]) => [`${size / 1024} KiB, ${what}`, spoil] as const),
  );
  function measure(what: string, delivery: Delivery, count: number): Row {
    let outcome = '';
    const times = time(count, () => {
      // A delivery is read once: what is kept of it does not count.
      outcome = prove({ ...signed, delivery: { ...delivery } });
    });
    return { provider: name, what, outcome, median: middle(times), best: times[0] ?? 0 };
  }
  const spoilt = new Map<string, Spoil>();
  const rows: Row[] = [];
  for (const [what, spoil] of all) {
    // Of most schemes the body is one chunk of bytes, and its form does not matter.
    const matters = signed.looksInside || /KiB, (x$|query|headers)/.test(what);
    const delivery = matters ? spoil(signed.delivery) : undefined;
    if (delivery === undefined) continue;
    spoilt.set(what, spoil);
    rows.push(measure(what, delivery, 3));
  }
  const [dear, rest] = [sort(rows).slice(0, refined), sort(rows).slice(refined)];
  const again = dear.map(({ what }) => {
    const delivery = spoilt.get(what)?.(signed.delivery) ?? signed.delivery;
    return measure(what, delivery, rounds);
  });
  return [...again, ...rest];
}

/** What the slowest part of reading a body comes to at the least. */
function countQuotes(bytes: Buffer): number {
  let quotes = 0;
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === 0x22) quotes++;
  return quotes;
}

/** The dearest first. */
function sort(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((a, b) => b.median - a.median);
}

function format({ provider, what, outcome, median, best }: Row): string {
  return `${median.toFixed(2).padStart(8)} ${best.toFixed(2).padStart(8)}  ${provider}: ${what} (${outcome})\n`;
}

const wanted = process.argv.slice(2);
const vectors = parseVectors(readFileSync(join(packageRoot, 'test/cases/signature/vectors.jsonl'), 'utf8'));
const first = new Map(
  vectors
    .filter(({ valid }) => valid)
    .toReversed()
    .map((vector) => [vector.provider, vector]),
);
const names = readdirSync(join(packageRoot, 'plugins'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && (wanted.length === 0 || wanted.includes(entry.name)))
  .map(({ name }) => name);
const rows: Row[] = [];
const worst: Row[] = [];
for (const name of names) {
  const found = await measureOne(name, first.get(name));
  rows.push(...found);
  worst.push(...sort(found.slice(0, refined)).slice(0, wanted.length > 0 ? refined : 1));
}
const mebibyteOfX = Buffer.alloc(mebibyte, 'x');
const [hashed] = time(rounds, () => createHash('sha256').update(mebibyteOfX).digest());
const [walked] = time(rounds, () => countQuotes(mebibyteOfX));
process.stdout.write(
  `${rows.length} deliveries. 1 MiB: SHA-256 ${hashed?.toFixed(2)}, a look at each byte ${walked?.toFixed(2)} CPU ms\n`,
);
for (const row of sort(worst).slice(0, shown)) process.stdout.write(format(row));
const exceptions = rows.filter(({ outcome }) => outcome.startsWith('an exception'));
for (const row of exceptions) process.stdout.write(format(row));
process.exitCode = exceptions.length > 0 || worst.some(({ median }) => median > most) ? 1 : 0;
