import type { Delivery, HeaderValues, SchemaError } from '../core/model.js';
import type { StoredRecord } from '../publish/read.js';
import { fieldsOf, parseJson } from '../util/values.js';

/** One reason of a dead letter, as `ce_errors` has it. */
export interface LetterError {
  readonly code: string;
  readonly stage: string;
  /** JSON pointer of the batch item that it is about; absent for the whole delivery. */
  readonly item?: string;
  readonly detail?: string;
  readonly errors: readonly SchemaError[];
}

/** What is known of a dead letter without its body. */
export interface DeadLetter {
  /** Of its delivery: `ce_id`, which is its key too, and stands in the gateway's log. */
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  readonly endpoint: string;
  /** Path of the endpoint. */
  readonly path: string;
  readonly reason: string;
  readonly verified: boolean;
  readonly errors: readonly LetterError[];
  /** Of the body. */
  readonly bytes: number;
}

/** Undefined for what is no dead letter, such as the marks of a replay. */
export function readLetter({ topic, partition, offset, headers, value }: StoredRecord): DeadLetter | undefined {
  const { ce_type, ce_id, ce_receivedtime = '', ce_endpoint = '', ce_source = '', ce_reason = '' } = headers;
  const receivedAt = Date.parse(ce_receivedtime);
  if (ce_type !== 'webhook.dead_letter' || !ce_id || Number.isNaN(receivedAt)) return undefined;
  return {
    id: ce_id,
    topic,
    partition,
    offset,
    receivedAt,
    endpoint: ce_endpoint,
    path: ce_source,
    reason: ce_reason,
    verified: headers.ce_verified === 'true',
    errors: readErrors(headers.ce_errors),
    bytes: value.length,
  };
}

/** The delivery as it was, as far as a second verification needs it. */
export function toDelivery({ id, receivedAt, path }: DeadLetter, { headers, value }: StoredRecord): Delivery {
  const { ce_requestmethod: method = 'POST', ce_requesttarget: target = path, traceparent } = headers;
  return {
    id,
    receivedAt,
    method,
    target,
    body: value,
    headers: {
      ...(headers['content-type'] !== undefined && { 'content-type': [headers['content-type']] }),
      ...(traceparent !== undefined && { traceparent: [traceparent] }),
      ...readRequestHeaders(headers.ce_requestheaders),
    },
  };
}

export function readRequestHeaders(text: string | undefined): HeaderValues {
  const found: { [name: string]: readonly string[] } = {};
  for (const [name, values] of Object.entries(fieldsOf(parseJson(text ?? '')))) {
    if (Array.isArray(values) && values.every((value) => typeof value === 'string')) found[name] = values;
  }
  return found;
}

function readErrors(text: string | undefined): readonly LetterError[] {
  const list = parseJson(text ?? '');
  if (!Array.isArray(list)) return [];
  return list.map((each: unknown) => {
    const { code, stage, item, detail, errors } = fieldsOf(each);
    return {
      code: String(code),
      stage: String(stage),
      ...(typeof item === 'string' ? { item } : {}),
      ...(typeof detail === 'string' ? { detail } : {}),
      errors: (Array.isArray(errors) ? errors : []).map((error: unknown) => {
        const { pointer, message } = fieldsOf(error);
        return { pointer: String(pointer), message: String(message) };
      }),
    };
  });
}
