import { once } from 'node:events';
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { assumeProven, dryRun } from '../../../core/dry-run.js';
import { toDelivery } from '../../dry-run/compose.js';
import type { Played } from './play.js';

/** A record that must be there once: a line of the file that `--expect` writes. */
export interface ExpectedRecord {
  readonly topic: string;
  readonly key: string;
  /** `ce_source`, `ce_id` and `ce_type`. */
  readonly source: string;
  readonly id: string;
  readonly type: string;
  /** `ce_digest`; absent where a repetition may have other bytes and the id alone names the event. */
  readonly digest?: string;
  /** Milliseconds since the epoch: when it was sent first, and when it had its 2xx. */
  readonly startedAt: number;
  readonly answeredAt: number;
}

/** Names an event as the gateway does: two with the same name are one. */
export function nameOf({
  source,
  id,
  type,
  digest = '',
}: Pick<ExpectedRecord, 'source' | 'id' | 'type' | 'digest'>): string {
  return JSON.stringify([source, id, type, digest]);
}

/** The records that a played event must have left; none of what the gateway did not take, or of what becomes a dead letter. */
async function expectRecords({ event, request, startedAt, answeredAt }: Played): Promise<readonly ExpectedRecord[]> {
  if (answeredAt === undefined) return [];
  const endpoint = assumeProven(event.endpoint, 'expected');
  const now = Date.now();
  const { events } = await dryRun(endpoint, toDelivery(request, now), { now, deadLetterTopic: '' });
  return events.map(({ record: { topic, key, headers } }) => ({
    topic,
    key,
    source: headers.ce_source ?? '',
    id: headers.ce_id ?? '',
    type: headers.ce_type ?? '',
    ...(endpoint.provider.identity.by !== 'id' && { digest: headers.ce_digest ?? '' }),
    startedAt,
    answeredAt,
  }));
}

/** Writes the records that must be there, each once: what comes again is left out. */
export class ExpectedFile {
  readonly #stream: WriteStream;
  readonly #known = new Set<string>();

  constructor(path: string) {
    this.#stream = createWriteStream(path, { flags: 'w', mode: 0o600 });
  }

  get count(): number {
    return this.#known.size;
  }

  async add(played: Played): Promise<void> {
    for (const record of await expectRecords(played)) {
      const name = nameOf(record);
      if (this.#known.has(name)) continue;
      this.#known.add(name);
      if (!this.#stream.write(`${JSON.stringify(record)}\n`)) await once(this.#stream, 'drain');
    }
  }

  async close(): Promise<void> {
    this.#stream.end();
    await once(this.#stream, 'close');
  }
}

/** Reads the file. Throws an `Error` that names the line which is not of its form. */
export async function readExpected(path: string): Promise<readonly ExpectedRecord[]> {
  const records: ExpectedRecord[] = [];
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(path) })) {
    line++;
    const record = parseLine(text);
    if (record === undefined)
      throw new Error(`${path}:${line}: not an expected record, as simulate scenario --expect writes it`);
    records.push(record);
  }
  return records;
}

function parseLine(text: string): ExpectedRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isExpected(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isExpected(value: unknown): value is ExpectedRecord {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  const isText = (name: string) => typeof fields.get(name) === 'string';
  const isTime = (name: string) => typeof fields.get(name) === 'number';
  return ['topic', 'key', 'source', 'id', 'type'].every(isText) && ['startedAt', 'answeredAt'].every(isTime);
}
