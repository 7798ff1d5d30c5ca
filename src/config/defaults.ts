import { readSchema } from '../util/read-text.js';
import { parseSize } from '../util/size.js';
import { isRecord } from '../util/values.js';

/**
 * The defaults of `schemas/gateway.schema.json`: what stands there is what counts, and what editors and the docs show. A key
 * is named as in the file, such as `server.limits.body`; `endpoint` and `kafka` stand for what the schema defines of that name.
 * Throws where the schema has no such default: a fault of this package.
 */
export class Defaults {
  readonly #schema: object;

  constructor(schema: object) {
    this.#schema = schema;
  }

  text(key: string): string {
    const value = this.#find(key);
    if (typeof value === 'string') return value;
    throw new Error(`gateway.schema.json has no text as the default of ${key}`);
  }

  number(key: string): number {
    const value = this.#find(key);
    if (typeof value === 'number') return value;
    throw new Error(`gateway.schema.json has no number as the default of ${key}`);
  }

  flag(key: string): boolean {
    const value = this.#find(key);
    if (typeof value === 'boolean') return value;
    throw new Error(`gateway.schema.json has neither true nor false as the default of ${key}`);
  }

  /** One of the words. */
  word<const Word extends string>(key: string, words: readonly Word[]): Word {
    const value = this.#find(key);
    const found = words.find((word) => word === value);
    if (found !== undefined) return found;
    throw new Error(`gateway.schema.json has none of ${words.join(', ')} as the default of ${key}`);
  }

  #find(key: string): unknown {
    const [first = '', ...rest] = key.split('.');
    const definition = member(member(this.#schema, '$defs'), first);
    let node = definition ?? member(member(this.#schema, 'properties'), first);
    for (const name of rest) node = member(member(node, 'properties'), name);
    return member(node, 'default');
  }
}

/** What a delivery meets where there is no gateway.yaml: bytes of the largest body, and the topic of dead letters. */
export async function readLimitsOfNoConfig(): Promise<{ readonly largest: number; readonly deadLetterTopic: string }> {
  const defaults = new Defaults(await readSchema('gateway'));
  return {
    largest: parseSize(defaults.text('server.limits.body')),
    deadLetterTopic: defaults.text('deadLetter.topic'),
  };
}

function member(node: unknown, name: string): unknown {
  return isRecord(node) && Object.hasOwn(node, name) ? node[name] : undefined;
}
