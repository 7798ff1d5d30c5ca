import type { Delivery, EndpointContext, KeyDocument, Scheme, Secret } from '../../core/model.js';
import { Rejection } from '../../core/rejection.js';
import { compileCheck } from '../../diagnostics/schema-check.js';
import { placeholderId } from '../../util/placeholder-id.js';

/** A delivery and whether it must be proven: a line of a vectors file. */
export interface Vector {
  readonly provider?: string;
  readonly case: string;
  /** Name → one text or several; where the plugin names its secrets, by those names. */
  readonly key?: { readonly [name: string]: string | readonly string[] };
  readonly params?: { readonly [name: string]: string } | null;
  readonly method: string;
  readonly url: string;
  readonly headers: { readonly [name: string]: string | readonly string[] };
  readonly body_base64: string;
  /** Seconds since the epoch. */
  readonly now?: number | null;
  readonly valid: boolean;
  readonly why?: string;
  /** URL → what is to be had there. */
  readonly remote_keys?: { readonly [url: string]: unknown } | null;
}

export interface VectorRequest {
  readonly delivery: Delivery;
  readonly secrets: readonly Secret[];
  readonly now: number;
  readonly around: EndpointContext;
}

/** Without `agrees` nothing could be decided. */
export type VectorResult =
  | { readonly agrees: true }
  | { readonly agrees: false; readonly got: string }
  | { readonly error: string };

const texts = { type: ['string', 'array'], items: { type: 'string' } };
const schema = {
  type: 'object',
  required: ['case', 'method', 'url', 'headers', 'body_base64', 'valid'],
  properties: {
    provider: { type: 'string' },
    case: { type: 'string' },
    key: { type: 'object', additionalProperties: texts },
    params: { type: ['object', 'null'], additionalProperties: { type: 'string' } },
    method: { type: 'string' },
    url: { type: 'string' },
    headers: { type: 'object', additionalProperties: texts },
    body_base64: { type: 'string' },
    now: { type: ['number', 'null'] },
    valid: { type: 'boolean' },
    why: { type: 'string' },
    remote_keys: { type: ['object', 'null'] },
  },
};

/** The vectors of a file with one JSON object a line. Throws an Error that names the line that is none. */
export function parseVectors(text: string): readonly Vector[] {
  const check = compileCheck<Vector>(schema);
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const checked = check(parseLine(line, index + 1));
    if ('value' in checked) return [checked.value];
    const [first] = checked.errors;
    throw new Error(`line ${index + 1} is no vector: ${first?.instancePath ?? ''} ${first?.message ?? ''}`);
  });
}

function parseLine(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new Error(`line ${number} is not JSON`);
  }
}

const tooOld: ReadonlySet<string> = new Set(['timestamp_stale', 'timestamp_future']);

/** Holds a vector against a scheme. `now`, where the vector has no time of its own, in milliseconds since the epoch. */
export function checkVector(vector: Vector, scheme: Scheme, now: number): VectorResult {
  const lacking = lackingSecret(vector, scheme);
  if (lacking !== undefined) return { error: lacking };
  try {
    prove(vector, scheme, now);
    return vector.valid ? { agrees: true } : { agrees: false, got: 'proven, and must be refused' };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (!(error instanceof Rejection)) return { error: error.message };
    const what = `${error.code}: ${error.detail ?? error.message}`;
    // The age is judged last: a vector without a time is proven but for it.
    const isOld = tooOld.has(error.code) && typeof vector.now !== 'number';
    if (isOld) return vector.valid ? { agrees: true } : { agrees: false, got: 'proven, and must be refused' };
    if (error.stage !== 'verify' || error.code === 'key_unavailable') return { error: what };
    return vector.valid ? { agrees: false, got: `refused, and must be proven (${what})` } : { agrees: true };
  }
}

/** What a vector says nothing of, and without which every signature is refused: a bad one then for the wrong reason. */
function lackingSecret({ key = {} }: Vector, { needs, provenBy }: Scheme): string | undefined {
  const given = Object.keys(key);
  if (needs.secret && given.length === 0) return 'the vector has no secret: "key" is empty';
  const lacking = provenBy.find((name) => !given.includes(name));
  if (lacking === undefined) return undefined;
  const others = given.filter((name) => !needs.secrets.some((need) => need.name === name));
  const what = others.length === 0 ? '' : `; the plugin knows no secret "${others[0]}"`;
  return `the vector has no secret "${lacking}"${what}`;
}

function prove(vector: Vector, scheme: Scheme, fallback: number): void {
  const { delivery, secrets, now, around } = requestOf(vector, scheme, fallback);
  scheme.verify(delivery, secrets, now, around);
}

/** What a scheme is asked. `fallback`: the time in milliseconds, where the vector has none. */
export function requestOf(vector: Vector, scheme: Scheme, fallback: number): VectorRequest {
  const delivery = toDelivery(vector);
  const secrets = toSecrets(vector, scheme);
  const now = typeof vector.now === 'number' ? vector.now * 1000 : fallback;
  const around: EndpointContext = { url: vector.url.replace(/\?.*/s, ''), params: vector.params ?? {} };
  const keys = new Map<string, KeyDocument>();
  for (const { id, url } of scheme.fetchesKeys ? scheme.remoteKeys(delivery, secrets, now, around) : []) {
    const found = vector.remote_keys?.[url];
    if (found !== undefined) keys.set(id, { text: typeof found === 'string' ? found : JSON.stringify(found) });
  }
  return { delivery, secrets, now, around: { ...around, keys } };
}

function toDelivery({ method, url, headers, body_base64: body }: Vector): Delivery {
  return {
    id: placeholderId,
    receivedAt: 0,
    method,
    target: url.replace(/^https?:\/\/[^/?]*/, '') || '/',
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value].flat()])),
    body: Buffer.from(body, 'base64'),
  };
}

function toSecrets({ key = {} }: Vector, scheme: Scheme): readonly Secret[] {
  const kinds = scheme.needs.secrets.map(({ name }) => name);
  return Object.entries(key).flatMap(([name, given]) =>
    [given].flat().flatMap((text, index) => {
      if (text === '') return [];
      const kind = kinds.includes(name) ? { for: name } : {};
      return [{ name: `${name} ${index}`, key: scheme.key(text, kind.for), ...kind }];
    }),
  );
}
