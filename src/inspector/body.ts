import type { IncomingMessage } from 'node:http';
import { isRecord } from '../util/values.js';
import type { DismissRequest, EvalRequest, LetterChoice, RevealRequest } from './contract.js';
import { Refused } from './respond.js';

/** Bytes of a body, characters and entries of what is in it. */
const largest = 1024 * 1024;
const longestExpression = 10_000;
const longestJson = 256 * 1024;
const longestName = 200;
const longestNote = 200;
const mostIds = 10_000;
const reasonLength = { least: 8, most: 500 };

type Fields = { readonly [name: string]: unknown };

/** Reads a JSON object. Throws a Refused (400) for what is none. */
export async function readFields(request: IncomingMessage): Promise<Fields> {
  if (
    !/^application\/json\b/i.test(request.headers['content-type'] ?? '') ||
    request.headers['content-encoding'] !== undefined
  )
    throw new Refused(400, 'invalid', 'send JSON: Content-Type: application/json, without Content-Encoding');
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > largest) throw new Refused(400, 'invalid', `the body is larger than ${largest} bytes`);
    chunks.push(chunk);
  }
  const value = parse(Buffer.concat(chunks).toString());
  if (isRecord(value)) return { ...value };
  throw new Refused(400, 'invalid', 'the body must be a JSON object');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused(400, 'invalid', 'the body is not JSON');
  }
}

export function readReveal({ reason }: Fields): RevealRequest {
  const text = typeof reason === 'string' ? reason.trim() : '';
  const { least, most } = reasonLength;
  if (text.length >= least && text.length <= most) return { reason: text };
  throw new Refused(400, 'invalid', `reason must say in ${least} to ${most} characters why you look at the payload`);
}

export function readChoice({ ids, group }: Fields): LetterChoice {
  if (ids === undefined && isText(group, longestName)) return { group };
  const isList = Array.isArray(ids) && ids.length > 0 && ids.length <= mostIds && group === undefined;
  const list: readonly unknown[] = isList ? ids : [];
  const texts = list.filter((id) => isText(id, longestName));
  if (isList && texts.length === list.length) return { ids: texts };
  throw new Refused(400, 'invalid', `give ids, at most ${mostIds}, or the group`);
}

export function readDismiss(fields: Fields): DismissRequest {
  const { note } = fields;
  const choice = readChoice(fields);
  if (note === undefined || note === '') return choice;
  if (isText(note, longestNote)) return { ...choice, note };
  throw new Refused(400, 'invalid', `note must be a text of at most ${longestNote} characters`);
}

export function readEval({ expression, endpoint, example, json }: Fields): EvalRequest {
  if (!isText(expression, longestExpression))
    throw new Refused(400, 'invalid', `expression must be a text of at most ${longestExpression} characters`);
  if (json !== undefined && endpoint === undefined) {
    if (isText(json, longestJson)) return { expression, json };
    throw new Refused(400, 'invalid', `json must be a text of at most ${longestJson} characters`);
  }
  if (isText(endpoint, longestName) && example === undefined) return { expression, endpoint };
  if (isText(endpoint, longestName) && isText(example, longestName)) return { expression, endpoint, example };
  throw new Refused(400, 'invalid', 'give the name of an endpoint, and perhaps of an example, or json');
}

function isText(value: unknown, most: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= most;
}
