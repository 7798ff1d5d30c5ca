import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { GatewaySettings } from '../../src/config/settings.js';
import { readTopics } from '../../src/publish/read.js';
import { type GatewayProcess, listFiles, sizeOf } from './gateway.js';
import type { Sampler } from './sampler.js';
import { hasSecret, type Scene } from './scene.js';
import type { Tally } from './tally.js';

/** Something that was counted, and what it may be. */
export interface Finding {
  readonly what: string;
  readonly seen: number;
  readonly most: number;
}

const mebibyte = 1024 * 1024;
/** `docs/security.md` and the defaults of `schemas/gateway.schema.json`. */
const bounds = {
  unverifiedPerMinute: 60,
  unverifiedBytesPerMinute: 2 * mebibyte,
  body: mebibyte,
  head: 16 * 1024,
  bodiesInMemory: 64 * mebibyte,
  newKeysPerMinute: 30,
  causes: 500,
  connections: 8_192,
  connectionsPerAddress: 1_024,
  /** Seconds: `bodyTimeout`, and some more where the machine is busy. */
  slowBody: 14,
} as const;
/** Beside bodies: what parsing, sockets and garbage that was not collected yet take. */
const heap = 256 * mebibyte;
/** Of one line of the log, and of one record beside its body. */
const lineBytes = 600;
const longestLineBytes = 2 * 1024;
const recordBytes = 4 * 1024;
const honestShare = 0.999;

export interface Evidence {
  readonly scene: Scene;
  readonly gateway: GatewayProcess;
  readonly tally: Tally;
  readonly sampler: Sampler;
  readonly minutes: number;
  /** Answers of the admin server after the attack. */
  readonly metrics: string;
  readonly status: string;
}

/** After the gateway has been stopped. */
export async function judge(evidence: Evidence): Promise<readonly Finding[]> {
  const { gateway, tally, sampler, metrics } = evidence;
  const letters = await readLetters(evidence.scene);
  return [
    { what: 'crashes', seen: gateway.end === '0' ? 0 : 1, most: 0 },
    { what: 'bugs in the log', seen: countLines(gateway.log, '"msg":"bug"'), most: 0 },
    { what: 'answers with 500', seen: tally.statuses('500'), most: 0 },
    { what: 'bypasses', seen: tally.bypasses.length, most: 0 },
    {
      what: 'deliveries taken that nobody was told of',
      seen: countTaken(metrics) - tally.taken,
      most: tally.untold,
    },
    { what: 'secrets that were shown', seen: tally.secrets + countSecrets(evidence), most: 0 },
    {
      what: 'honest requests not answered with 200, of 100,000',
      seen: share(tally),
      most: (1 - honestShare) * 100_000,
    },
    { what: '5xx that honest requests saw', seen: tally.honestErrors, most: (1 - honestShare) * tally.honestSent },
    ...judgeLetters(letters, evidence),
    ...judgeMachine(evidence),
    { what: 'requests that were read and should not be', seen: tally.readTooFar(), most: 0 },
    { what: 'connections that one address keeps', seen: tally.connectionsKept, most: bounds.connectionsPerAddress },
    { what: 'seconds until a slow body is given up', seen: tally.slowBody, most: bounds.slowBody },
    { what: 'descriptors at a time', seen: sampler.mostDescriptors, most: bounds.connections },
    { what: 'descriptors left over', seen: sampler.descriptorsLeft(), most: 20 },
    { what: 'connections to where no key may be', seen: tally.knocks, most: 0 },
  ];
}

function share({ honestSent, honestTaken }: Tally): number {
  return Math.round((100_000 * (honestSent - honestTaken)) / Math.max(1, honestSent));
}

interface Letters {
  unverified: number;
  bytes: number;
  largest: number;
}

function judgeLetters({ unverified, bytes, largest }: Letters, { minutes }: Evidence): readonly Finding[] {
  // A minute's worth at once, and one that is larger than what is left.
  const most = (perMinute: number) => perMinute * (1 + minutes);
  return [
    { what: 'unverified dead letters', seen: unverified, most: Math.ceil(most(bounds.unverifiedPerMinute)) },
    { what: 'bytes of them', seen: bytes, most: most(bounds.unverifiedBytesPerMinute) + bounds.body },
    { what: 'bytes of the largest', seen: largest, most: bounds.body },
  ];
}

function judgeMachine({ scene, gateway, tally, sampler, minutes, metrics }: Evidence): readonly Finding[] {
  const lines = countLines(gateway.log, '') - countLines(gateway.log, '"msg":"delivery dead-lettered"');
  // Each cause: its beginning, once a minute, its end; and what is joined.
  const mostLines = (bounds.causes + 20) * (2 + minutes);
  const fetching = scene.targets.filter(({ honest }) => !honest).length;
  const budget = bounds.unverifiedBytesPerMinute + bounds.unverifiedPerMinute * (bounds.head + recordBytes);
  const data = sizeOf(join(scene.folder, 'data'));
  const topics = readdirSync(join(scene.folder, 'data/log/0/topics'));
  const { deadLetters } = scene;
  const known = new Set([
    ...scene.targets.flatMap(({ endpoint }) => endpoint.routes.map(({ topic }) => topic)),
    deadLetters,
  ]);
  return [
    {
      what: 'resident bytes at the most',
      seen: sampler.mostMemory,
      most: sampler.firstMemory + bounds.bodiesInMemory + heap,
    },
    // A process of a minute is still getting warm; what it may have at the most holds all the same.
    ...(minutes < 5
      ? []
      : [
          {
            what: 'growth of resident bytes, second to last quarter',
            seen: sampler.memoryGrowth(),
            most: 64 * mebibyte,
          },
        ]),
    { what: 'lines of the log about what was not proven', seen: lines, most: Math.ceil(mostLines) },
    { what: 'bytes of the longest line of the log', seen: longestLine(gateway.log), most: longestLineBytes },
    {
      what: 'bytes of the log',
      seen: statSync(gateway.log).size,
      most: Math.ceil((mostLines + tally.taken) * lineBytes),
    },
    {
      what: 'bytes on disk',
      seen: data,
      most: Math.ceil(2 * tally.takenBytes + tally.taken * recordBytes + (1 + minutes) * budget + 2 * bounds.body),
    },
    { what: 'topics that no route names', seen: topics.filter((topic) => !known.has(topic)).length, most: 0 },
    {
      what: 'keys asked for',
      seen: gateway.lookups().length,
      most: Math.ceil(fetching * bounds.newKeysPerMinute * (1 + minutes)),
    },
    { what: 'lines of /metrics', seen: metrics.split('\n').length, most: 200 + 100 * scene.targets.length },
  ];
}

async function readLetters({ folder, deadLetters }: Scene): Promise<Letters> {
  const settings: GatewaySettings['publisher'] = { kind: 'embedded', dir: join(folder, 'data/log') };
  const letters: Letters = { unverified: 0, bytes: 0, largest: 0 };
  for await (const { headers, value } of readTopics(settings, [deadLetters], { from: 'beginning', until: 'end' })) {
    const { length } = value ?? Buffer.alloc(0);
    letters.largest = Math.max(letters.largest, length);
    if (headers.ce_verified !== 'false') continue;
    letters.unverified++;
    letters.bytes += length;
  }
  return letters;
}

/** Deliveries that the gateway has taken, be it as a dead letter. */
function countTaken(metrics: string): number {
  const form = /^gateway_deliveries_total\{.*outcome="(?:accepted|spooled|duplicate|dead_lettered)".*\} (\d+)$/gm;
  return [...metrics.matchAll(form)].reduce((sum, [, count]) => sum + Number(count), 0);
}

function countLines(file: string, text: string): number {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && line.includes(text)).length;
}

function longestLine(file: string): number {
  return readFileSync(file, 'utf8')
    .split('\n')
    .reduce((most, line) => Math.max(most, line.length), 0);
}

/** Of the log, metrics and status, and of the files of the embedded log, in which a secret stands that is not in a body itself. */
function countSecrets({ scene, gateway, metrics, status }: Evidence): number {
  const shown = [readFileSync(gateway.log, 'latin1'), metrics, status].filter((text) => hasSecret(text));
  const records = listFiles(join(scene.folder, 'data')).filter((file) =>
    hasSecret(readFileSync(file, 'latin1'), 'in records'),
  );
  return shown.length + records.length;
}
