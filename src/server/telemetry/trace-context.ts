import { randomBytes } from 'node:crypto';
import type { HeaderValues } from '../../core/model.js';

/** Where a span stands, as W3C Trace Context writes it down. */
export interface SpanContext {
  /** 32 hexadecimal digits, lower case. */
  readonly traceId: string;
  /** 16 of them. */
  readonly spanId: string;
  /** One byte. */
  readonly flags: number;
}

/** Flags of W3C Trace Context, level 2: the trace was sampled; the last seven bytes of its id are random. */
export const sampledFlag = 1;
export const randomFlag = 2;

const traceparentForm = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:$|-)/;
/** Characters that version 00 has. */
const length = 55;

/**
 * Reads a `traceparent` (https://www.w3.org/TR/trace-context-2/#traceparent-header). Undefined where it is to be ignored: of
 * another form, of the version ff, or with an id that is nothing but zeros. Of later versions the known fields count.
 */
export function parseTraceparent(text: string): SpanContext | undefined {
  const [, version, traceId = '', spanId = '', flags = ''] = traceparentForm.exec(text) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && text.length !== length)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

export function formatTraceparent({ traceId, spanId, flags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${flags < 16 ? '0' : ''}${flags.toString(16)}`;
}

/** What a sender says of its own span; undefined where that is nothing, cannot be used, or is said twice. */
export function readSender({ traceparent = [] }: HeaderValues): SpanContext | undefined {
  const [text, second] = traceparent;
  return text === undefined || second !== undefined ? undefined : parseTraceparent(text);
}

const digits = 16;
let page = '';
let used = 0;

/** Eight random bytes as hexadecimal digits, never only zeros. They are drawn by the page. */
export function createSpanId(): string {
  if (used === page.length) {
    page = randomBytes(4096).toString('hex');
    used = 0;
  }
  const id = page.slice(used, used + digits);
  used += digits;
  return id === '0000000000000000' ? createSpanId() : id;
}

/** Hexadecimal digits of the part of a trace's id that is random, and how many values that part has. */
const randomDigits = 14;
const values = 2 ** 56;

/** Which traces are sampled. */
export interface Sampler {
  /** The same answer for the same trace wherever that is asked: by the random part of its id. */
  samples(traceId: string): boolean;
  /** The `tracestate` of those that are: says how many traces each one stands for. Absent: none is. */
  readonly tracestate?: string;
}

/**
 * Samples this part of all traces, from 0 to 1, by consistent probability sampling
 * (https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/).
 */
export function createSampler(ratio: number): Sampler {
  const threshold = Math.round((1 - ratio) * values);
  if (threshold >= values) return { samples: () => false };
  const digits = BigInt(threshold).toString(16).padStart(randomDigits, '0');
  return {
    samples: (traceId) => traceId.slice(-randomDigits) >= digits,
    tracestate: `ot=th:${digits.replace(/0+$/, '') || '0'}`,
  };
}
