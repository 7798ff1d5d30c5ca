import { fieldsOf, parseJson } from '../../util/values.js';
/**
 * The part of OTLP that is sent, in its JSON encoding: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. Ids are
 * hexadecimal, 64-bit numbers decimal texts, enumerations numbers.
 */
export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: number;
  /** Nanoseconds since the epoch. */
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly events?: readonly { readonly timeUnixNano: string; readonly name: string }[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string; readonly flags: number }[];
  readonly status?: { readonly code: number; readonly message?: string };
}

export interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue: string } | { readonly intValue: string } | { readonly boolValue: boolean };
}

export type Values = { readonly [name: string]: string | number | bigint | boolean | undefined };

export const kinds = { server: 2, producer: 4 } as const;
export const failed = 2;

/** Without those that are undefined. Numbers are whole. */
export function toAttributes(values: Values): readonly Attribute[] {
  return Object.entries(values).flatMap(([key, value]): Attribute[] => {
    if (value === undefined) return [];
    if (typeof value === 'string') return [{ key, value: { stringValue: value } }];
    if (typeof value === 'boolean') return [{ key, value: { boolValue: value } }];
    return [{ key, value: { intValue: String(value) } }];
  });
}

/** `milliseconds` since the epoch, with a fraction. */
export function toNanoseconds(milliseconds: number): string {
  return `${Math.round(milliseconds * 1000)}000`;
}

/** An `ExportTraceServiceRequest`. `resource`: what the spans are of; `version`: of this program. */
export function formatRequest(spans: readonly OtlpSpan[], resource: Values, version: string): string {
  const scope = { name: 'webhook-gateway', version };
  const resourceSpans = [{ resource: { attributes: toAttributes(resource) }, scopeSpans: [{ scope, spans }] }];
  return JSON.stringify({ resourceSpans });
}

/** How many spans an `ExportTraceServiceResponse` says were rejected, and why; whatever it is, it does no harm. */
export function readRejected(text: string): { readonly count: number; readonly reason: string } {
  const { partialSuccess } = fieldsOf(parseJson(text));
  const { rejectedSpans, errorMessage } = fieldsOf(partialSuccess);
  const count = Math.trunc(Number(rejectedSpans)) || 0;
  return { count: Math.max(count, 0), reason: typeof errorMessage === 'string' ? errorMessage.slice(0, 200) : '' };
}
