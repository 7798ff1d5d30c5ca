import { createHash } from 'node:crypto';
import type { Rule } from '../core/model.js';
import { compileEvents } from '../core/rules/events.js';
import { Failure } from '../exit.js';
import type { StoredRecord } from '../publish/read.js';
import { errorText } from '../util/errors.js';
import { withExactNumbers } from '../util/json/parse.js';
import { parseJson } from '../util/values.js';

export interface TapSelection {
  /** Event types, with `*` for any run of characters; empty: all. */
  readonly types: readonly string[];
  readonly key?: string | undefined;
  /** Of the event, of its delivery, or of its object. */
  readonly id?: string | undefined;
  /** JSONata over the payload. */
  readonly where?: string | undefined;
  /** Milliseconds since the epoch; later records are left out. */
  readonly until?: number | undefined;
}

export interface Selector {
  matches(record: StoredRecord): Promise<boolean>;
  /** Where the condition failed, of so many records, and why for the first. */
  readonly failures: { count: number; first?: string };
}

/** Which records are meant. Throws a usage Failure if the condition can't be compiled. */
export async function compileSelection({
  types,
  key,
  id,
  where,
  until = Number.POSITIVE_INFINITY,
}: TapSelection): Promise<Selector> {
  const failures: Selector['failures'] = { count: 0 };
  const hasType = types.length === 0 ? () => true : compileEvents(types);
  const holds = where === undefined ? async () => true : await compileWhere(where, failures);
  const matches = async (record: StoredRecord) =>
    record.timestamp <= until &&
    hasType(record.headers.ce_type ?? '') &&
    (key === undefined || record.key === key) &&
    (id === undefined || isNamed(record, id)) &&
    (await holds(record));
  return { matches, failures };
}

/** Whether the record is of the event, the delivery or the object of this id. */
export function isNamed({ headers }: StoredRecord, id: string): boolean {
  return headers.ce_id === id || headers.ce_deliveryid === id || headers.ce_subject === id;
}

async function compileWhere(
  source: string,
  failures: Selector['failures'],
): Promise<(record: StoredRecord) => Promise<boolean>> {
  const [{ compileRule }, { holds }] = await Promise.all([
    import('../core/rules/compile.js'),
    import('../core/stages/condition.js'),
  ]);
  const { rule, fault } = compileRule(source);
  if (rule === undefined) throw new Failure('usage', `--where ${source}: ${fault?.message}`);
  return async (record) => {
    try {
      return holds(await evaluate(rule, record));
    } catch (error) {
      failures.count++;
      failures.first ??= errorText(error);
      return false;
    }
  };
}

/** Undefined for what is no JSON. Rejects with a `RuleError`. */
async function evaluate(rule: Rule, { headers, value }: StoredRecord): Promise<unknown> {
  const text = value.toString();
  const payload = parseJson(text);
  if (payload === undefined) return undefined;
  return rule.evaluate(payload, {
    headers,
    endpoint: { name: headers.ce_endpoint ?? '', path: headers.ce_source ?? '' },
    deliveryId: headers.ce_deliveryid ?? '',
    digest: createHash('sha256').update(value).digest('hex'),
    exact: withExactNumbers(text, payload),
  });
}
