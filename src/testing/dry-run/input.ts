import { compileCheck } from '../../diagnostics/schema-check.js';
import { withExactNumbers } from '../../util/json/parse.js';
import { parseJson } from '../../util/values.js';
import { type CapturedRequest, readRequest } from '../diagnosis/captured-request.js';

/** A record as a topic has it, and as `gateway tap --json` prints it. */
export interface GivenRecord {
  readonly topic: string;
  readonly key: string | null;
  readonly headers: { readonly [name: string]: string };
  readonly value: Buffer;
  readonly partition?: number;
  /** A 64-bit number, as text. */
  readonly offset?: string;
}

/** What an operator holds in hands: a body, an example of a plugin, a whole request, or a record. */
export type Input =
  | { readonly kind: 'body'; readonly body: Buffer }
  | { readonly kind: 'example'; readonly headers: { readonly [name: string]: string }; readonly payload: unknown }
  | { readonly kind: 'request'; readonly request: CapturedRequest }
  | { readonly kind: 'record'; readonly record: GivenRecord };

interface RecordLine {
  readonly topic: string;
  readonly key: string | null;
  readonly headers: { readonly [name: string]: string };
  readonly value?: string;
  readonly value_base64?: string;
  readonly partition?: number;
  readonly offset?: number | string;
}

const texts = { type: 'object', additionalProperties: { type: 'string' } };
const checkRecord = compileCheck<RecordLine>({
  type: 'object',
  required: ['topic', 'key', 'headers'],
  oneOf: [{ required: ['value'] }, { required: ['value_base64'] }],
  properties: {
    topic: { type: 'string' },
    key: { type: ['string', 'null'] },
    headers: { ...texts, required: ['ce_id'] },
    value: { type: 'string' },
    value_base64: { type: 'string' },
    partition: { type: 'integer' },
    offset: { type: ['integer', 'string'] },
  },
});
const checkRequest = compileCheck({
  type: 'object',
  required: ['headers'],
  oneOf: [
    { required: ['body'], properties: { body: { type: 'string' } } },
    { required: ['body_base64'], properties: { body_base64: { type: 'string' } } },
  ],
  properties: { headers: { type: 'object' } },
});
const checkExample = compileCheck<{ headers?: { readonly [name: string]: string }; payload: unknown }>({
  type: 'object',
  required: ['payload'],
  additionalProperties: false,
  properties: { $schema: { type: 'string' }, source: { type: 'string' }, headers: texts, payload: {} },
});

/** Tells by its form what a file has. Throws an Error that says what is wrong with a request. */
export function parseInput(bytes: Buffer): Input {
  if (/^[A-Z]+ \S+( HTTP\/[\d.]+)?\r?\n/.test(bytes.subarray(0, 8192).toString('latin1'))) {
    return { kind: 'request', request: readRequest(bytes) };
  }
  const text = bytes.toString('utf8');
  const value = parseJson(text);
  const record = asRecord(value);
  if (record !== undefined) return { kind: 'record', record };
  if ('value' in checkRequest(value)) return { kind: 'request', request: readRequest(bytes) };
  const example = checkExample(value === undefined ? value : withExactNumbers(text, value));
  if ('value' in example)
    return { kind: 'example', headers: example.value.headers ?? {}, payload: example.value.payload };
  return { kind: 'body', body: bytes };
}

/** Records and requests, one JSON object a line, or a request as HTTP. Throws an Error that names the line that is none. */
export function readRecorded(bytes: Buffer): readonly (Input & { readonly kind: 'record' | 'request' })[] {
  const whole = parseInput(bytes);
  if (whole.kind === 'record' || whole.kind === 'request') return [whole];
  const lines = bytes.toString('utf8').split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const given = parseInput(Buffer.from(line));
    if (given.kind === 'record' || given.kind === 'request') return [given];
    throw new Error(`line ${index + 1} is neither a record, as gateway tap --json prints it, nor a captured request`);
  });
}

function asRecord(value: unknown): GivenRecord | undefined {
  const checked = checkRecord(value);
  if (!('value' in checked)) return undefined;
  const { topic, key, headers, value: text, value_base64: encoded, partition, offset } = checked.value;
  return {
    topic,
    key,
    headers,
    value: encoded === undefined ? Buffer.from(text ?? '') : Buffer.from(encoded, 'base64'),
    ...(partition !== undefined && { partition }),
    ...(offset !== undefined && { offset: String(offset) }),
  };
}
