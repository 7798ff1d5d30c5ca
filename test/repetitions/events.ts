import { randomInt } from 'node:crypto';
import { type Example, listExamples } from '../../src/config/plugins/examples.js';
import { readPlugin } from '../../src/config/plugins/load.js';
import type { Endpoint, KafkaRecord, OutgoingRequest } from '../../src/core/model.js';
import { type FreshPaths, freshen, type Message } from '../../src/testing/simulator/freshen.js';
import { makeRequest } from '../../src/testing/simulator/request.js';
import { putAt, valueAt } from '../../src/util/json/paths.js';
import { isContainer } from '../../src/util/values.js';
import { proven, recordsOf, signed } from '../unit/plugins-data/endpoints.js';

/** One event as it is sent three times. */
export interface Sendings {
  readonly first: OutgoingRequest;
  /** The same event once more, as its provider does it. */
  readonly again: OutgoingRequest;
  /** Another event, under the same id where the plugin's id does not depend on the content. */
  readonly other: OutgoingRequest;
  /** The records that must be in Kafka, each once: see `nameRecord`. */
  readonly expected: readonly string[];
  /** True where the plugin says that the id alone names an event: the other one is a repetition then. */
  readonly byId: boolean;
}

/** What no two events share. */
export function nameRecord({ ce_id, ce_type, ce_digest }: KafkaRecord['headers']): string {
  return JSON.stringify([ce_id, ce_type, ce_digest]);
}

/** Makes events of one provider. */
export class EventMaker {
  readonly #endpoint: Endpoint;
  readonly #examples: readonly Example[];
  readonly #retries: FreshPaths;

  static async load(endpoint: Endpoint): Promise<EventMaker> {
    const { folder } = endpoint.provider;
    const declared = (await readPlugin(folder)).source?.declaration.retries?.change ?? {};
    return new EventMaker(endpoint, await listExamples(folder), declared);
  }

  private constructor(endpoint: Endpoint, examples: readonly Example[], retries: FreshPaths) {
    this.#endpoint = endpoint;
    this.#examples = examples;
    this.#retries = retries;
  }

  async make(number: number): Promise<Sendings> {
    const example = this.#examples[number % this.#examples.length];
    if (example === undefined) throw new Error(`${this.#endpoint.name} has no example`);
    const now = Date.now();
    const { items, identity } = this.#endpoint.provider;
    const message = freshen(example, example.fresh, items, now, (limit) => randomInt(limit));
    const first = this.#sign(message, now);
    const kept = { ...message, headers: { ...first.headers, ...message.headers } };
    const change = Object.fromEntries(Object.entries(this.#retries).filter(([path]) => path.startsWith('$headers.')));
    const again = this.#sign(
      freshen(kept, change, items, now, (limit) => randomInt(limit)),
      now,
    );
    const records = await this.#recordsOf(first, now);
    const { request: other, records: others } = await this.#makeOther(kept, records, now);
    const byId = identity.by === 'id';
    const expected = [...records, ...(byId ? [] : others)].map(({ headers }) => nameRecord(headers));
    return { first, again, other, byId, expected: [...new Set(expected)] };
  }

  #sign(message: Message, now: number): OutgoingRequest {
    return signed(this.#endpoint, makeRequest(`https://hooks.example.com${this.#endpoint.path}`, message), now);
  }

  async #recordsOf(request: OutgoingRequest, now: number): Promise<readonly KafkaRecord[]> {
    return recordsOf(this.#endpoint, proven(this.#endpoint, request, now), now);
  }

  /** Changes one leaf, so that bytes differ, and id and type do not; of a plugin whose id is a digest, any leaf. */
  async #makeOther(message: Message, records: readonly KafkaRecord[], now: number) {
    let fallback: { readonly request: OutgoingRequest; readonly records: readonly KafkaRecord[] } | undefined;
    for (const path of leavesOf(message.payload)) {
      const payload = putAt(structuredClone(message.payload), path, changed(valueAt(message.payload, path)));
      const made = await this.#tryOther({ ...message, payload }, now);
      if (made === undefined || sameDigests(made.records, records)) continue;
      if (sameIds(made.records, records)) return made;
      fallback ??= made;
    }
    if (fallback === undefined) throw new Error(`${this.#endpoint.name}: no leaf can be changed`);
    return fallback;
  }

  async #tryOther(message: Message, now: number) {
    try {
      const request = this.#sign(message, now);
      return { request, records: await this.#recordsOf(request, now) };
    } catch (error) {
      // It is off schema, or names an algorithm that there is not.
      if (error instanceof Error) return undefined;
      throw error;
    }
  }
}

function sameDigests(a: readonly KafkaRecord[], b: readonly KafkaRecord[]): boolean {
  return a.every(({ headers }, index) => headers.ce_digest === b[index]?.headers.ce_digest);
}

function sameIds(a: readonly KafkaRecord[], b: readonly KafkaRecord[]): boolean {
  return a.every(({ headers: { ce_id, ce_type } }, index) => {
    const other = b[index]?.headers;
    return ce_id === other?.ce_id && ce_type === other?.ce_type;
  });
}

/** The last ones first: ids stand at the beginning. */
function leavesOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (!isContainer(value)) return [path];
  return Object.entries(value)
    .reverse()
    .flatMap(([name, member]) => leavesOf(member, [...path, name]));
}

function changed(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  if (typeof value !== 'string') return 'x';
  const decoded = Buffer.from(value, 'base64').toString();
  // An XML document in base64 stays one.
  return decoded.startsWith('<') ? Buffer.from(`${decoded}<!-- changed -->`).toString('base64') : `${value}1`;
}
