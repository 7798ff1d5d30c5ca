import type { Endpoint, KafkaRecord } from '../core/model.js';
import type { StoredRecord } from '../publish/read.js';
import { fieldsOf, parseJson } from '../util/values.js';

/** What `ce_protected` of a dead letter says; undefined: the letter is its delivery as it was. */
export interface Changes {
  /** As the header has it. */
  readonly text: string;
  /** Its body is not kept. */
  readonly withheld: boolean;
  /** SHA-256 of the original body, base64, encrypted. */
  readonly original: string | undefined;
}

export function readChanges({ headers }: Pick<StoredRecord, 'headers'>): Changes | undefined {
  const text = headers.ce_protected;
  if (text === undefined) return undefined;
  const { withheld, original } = fieldsOf(parseJson(text));
  return { text, withheld: withheld === true, original: typeof original === 'string' ? original : undefined };
}

/**
 * The endpoint for a letter that was changed: what was protected is not protected again, and what was valid before it was changed
 * is not held against the schemas again. `stages`: where it stopped, or parts of it; none: it was published.
 */
export function forChanged(endpoint: Endpoint, stages: readonly string[]): Endpoint {
  const { provider, protect } = endpoint;
  const wasValid = stages.every((stage) => laterStages.has(stage));
  const schemas = wasValid ? provider.schemas.map((schema) => ({ ...schema, check: () => [] })) : provider.schemas;
  return { ...endpoint, provider: { ...provider, schemas }, ...(protect && { protect: protect.again }) };
}

/** Those after the schemas. */
const laterStages: ReadonlySet<string> = new Set(['identify', 'map', 'protect', 'publish']);

/** Why it can't be replayed; undefined: it can. `isKnown`: the name of its secret says that it is proven. */
export function refuseChanged(changes: Changes, isKnown: boolean): string | undefined {
  if (changes.withheld)
    return 'its body is not kept: its fields could not be found, so that nothing could be protected';
  if (isKnown) return undefined;
  return 'it was changed to protect fields or card numbers, so its signature cannot be verified: have the provider send it again';
}

/** The record of a changed letter's event, which says what was changed then, and of what the digest is. */
export function withChanges(
  record: KafkaRecord,
  { text }: Changes,
  letter: StoredRecord,
  isWhole: boolean,
): KafkaRecord {
  const { original: _, ...before } = fieldsOf(parseJson(text));
  const now = fieldsOf(parseJson(record.headers.ce_protected ?? ''));
  const fields = { ...Object(before.fields), ...Object(now.fields) };
  const all = { ...before, ...now, ...(Object.keys(fields).length > 0 && { fields }) };
  const digest = isWhole ? letter.headers.ce_digest : undefined;
  const headers = { ...record.headers, ...(digest && { ce_digest: digest }), ce_protected: JSON.stringify(all) };
  return { ...record, headers };
}
