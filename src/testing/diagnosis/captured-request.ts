import type { HeaderValues } from '../../core/model.js';
import { compileCheck } from '../../diagnostics/schema-check.js';

/** A request as somebody wrote it down. */
export interface CapturedRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: HeaderValues;
  readonly body: Buffer;
  /** What is odd about the file, for people. */
  readonly notes: readonly string[];
}

interface JsonRequest {
  readonly method?: string;
  readonly url?: string;
  readonly headers: { readonly [name: string]: string | readonly string[] };
  readonly body?: unknown;
  readonly body_base64?: string;
}

const schema = {
  type: 'object',
  required: ['headers'],
  properties: {
    method: { type: 'string' },
    url: { type: 'string' },
    headers: { type: 'object', additionalProperties: { type: ['string', 'array'], items: { type: 'string' } } },
    body_base64: { type: 'string' },
  },
};

/**
 * Reads an HTTP request as captured (request line, headers, blank line, body), or JSON
 * `{ method, url, headers, body | body_base64 }`. Throws an Error that says what is wrong with it.
 */
export function readRequest(bytes: Buffer): CapturedRequest {
  const begin = bytes.subarray(0, 64).toString('latin1').trimStart();
  return begin.startsWith('{') ? readJsonRequest(bytes.toString('utf8')) : readRawRequest(bytes);
}

function readJsonRequest(text: string): CapturedRequest {
  const checked = compileCheck<JsonRequest>(schema)(parseRequest(text));
  if (!('value' in checked)) {
    const [first] = checked.errors;
    throw new Error(`The request is not as it should be: ${first?.instancePath ?? ''} ${first?.message ?? ''}`);
  }
  const { method = 'POST', url = '/', headers, body, body_base64: encoded } = checked.value;
  if (encoded === undefined && typeof body !== 'string') {
    throw new Error('"body" must be the text of the body, byte for byte as it was sent, or "body_base64" its base64');
  }
  return {
    method,
    target: targetOf(url),
    notes: [],
    headers: collect(Object.entries(headers).flatMap(([name, value]) => [value].flat().map((each) => [name, each]))),
    body: encoded === undefined ? Buffer.from(String(body)) : Buffer.from(encoded, 'base64'),
  };
}

function parseRequest(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('The request begins with {, but is not JSON');
  }
}

function readRawRequest(bytes: Buffer): CapturedRequest {
  const text = bytes.toString('latin1');
  const end = /\r?\n\r?\n/.exec(text);
  const [first = '', ...lines] = text.slice(0, end?.index).split(/\r?\n/);
  const [, method, url] = /^([A-Z]+) (\S+)( HTTP\/[\d.]+)?$/.exec(first) ?? [];
  if (method === undefined || url === undefined) {
    throw new Error('The file must begin with a request line (POST /path HTTP/1.1), or be JSON with headers and body');
  }
  const pairs = lines.map((line, index): [string, string] => {
    const colon = line.indexOf(':');
    if (colon < 1) throw new Error(`line ${index + 2} is no header, and no blank line before the body`);
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const headers = collect(pairs);
  const rest = end === null ? Buffer.alloc(0) : bytes.subarray(end.index + end[0].length);
  return { method, target: targetOf(url), headers, ...cutBody(rest, headers['content-length']?.[0]) };
}

/** An editor puts a line break after the last line; Content-Length knows better. */
function cutBody(body: Buffer, length: string | undefined): Pick<CapturedRequest, 'body' | 'notes'> {
  const size = length === undefined || !/^\d+$/.test(length) ? body.length : Number(length);
  if (size === body.length) return { body, notes: [] };
  if (size < body.length) {
    const more = body.length - size;
    return { body: body.subarray(0, size), notes: [`${more} bytes after the body (Content-Length) are left out`] };
  }
  return { body, notes: [`the body has ${body.length} bytes, and Content-Length says ${size}: it was changed or cut`] };
}

function collect(pairs: readonly (readonly string[])[]): HeaderValues {
  const headers: { [name: string]: string[] } = {};
  for (const [name = '', value = ''] of pairs) {
    const key = name.toLowerCase();
    headers[key] = [...(headers[key] ?? []), value];
  }
  return headers;
}

function targetOf(url: string): string {
  return url.replace(/^https?:\/\/[^/?#]*/, '') || '/';
}
