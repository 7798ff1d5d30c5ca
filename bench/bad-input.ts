/**
 * What a stranger's worst deliveries cost before they are refused: the first good vector of each provider, or an example that
 * is signed here, made hostile, and all that its plugin reads before anything is proven. Usage: npm run bench:bad-input [-- PROVIDER…]. CPU ms for a body of
 * 1 MiB, the worst delivery of each scheme, median and best of several; exits 1 if a median is over 5.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseVectors, requestOf, type Vector } from '../src/forensics/vectors.js';
import { packageRoot } from '../src/package-root.js';
import { Rejection } from '../src/rejection.js';
import { hostiles } from './hostile.js';
import { open, type Signed, signExample } from './signed.js';

const rounds = 9;
const warmUps = 3;
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

/** CPU ms of the rounds, sorted. */
function time(work: () => void): readonly number[] {
  const times: number[] = [];
  for (let round = -warmUps; round < rounds; round++) {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    if (round >= 0) times.push((user + system) / 1000);
    // What is far from the limit need not be measured well.
    if (round === 0 && (times[0] ?? 0) < most / 4) break;
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
  const rows: Row[] = [];
  const all = sizes.flatMap((size) =>
    [...hostiles(size)].map(([what, spoil]) => [`${size / 1024} KiB, ${what}`, spoil] as const),
  );
  for (const [what, spoil] of all) {
    // Of most schemes the body is one chunk of bytes, and its form does not matter.
    const matters = signed.looksInside || /KiB, (x$|query|headers)/.test(what);
    const delivery = matters ? spoil(signed.delivery) : undefined;
    if (delivery === undefined) continue;
    let outcome = '';
    const times = time(() => {
      // A delivery is read once: what is kept of it does not count.
      outcome = prove({ ...signed, delivery: { ...delivery } });
    });
    rows.push({ provider: name, what, outcome, median: middle(times), best: times[0] ?? 0 });
  }
  return rows;
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
  worst.push(...sort(found).slice(0, wanted.length > 0 ? shown : 1));
}
const reference = middle(time(() => createHash('sha256').update(Buffer.alloc(mebibyte)).digest()));
process.stdout.write(`${rows.length} deliveries; SHA-256 of 1 MiB: ${reference.toFixed(2)} CPU ms\n`);
for (const row of sort(worst).slice(0, shown)) process.stdout.write(format(row));
const exceptions = rows.filter(({ outcome }) => outcome.startsWith('an exception'));
for (const row of exceptions) process.stdout.write(format(row));
process.exitCode = exceptions.length > 0 || rows.some(({ median }) => median > most) ? 1 : 0;
