import type { Dismissal } from '../dead-letters/dismiss.js';
import { type DeadLetter, type LetterError, readRequestHeaders } from '../dead-letters/letter.js';
import type { Mark } from '../dead-letters/marks.js';
import { maskBody, maskTarget, maskText } from '../dead-letters/mask.js';
import type { StoredRecord } from '../publish/read.js';
import { printable } from '../util/printable.js';

export interface LetterReport {
  readonly id: string;
  /** RFC 3339. */
  readonly receivedAt: string;
  /** `topic/partition@offset`. */
  readonly place: string;
  readonly endpoint: string;
  readonly verified: boolean;
  /** Name of the secret that fitted. */
  readonly secret?: string;
  readonly errors: readonly LetterError[];
  readonly request: { readonly method: string; readonly target: string; readonly headers: object };
  readonly bytes: number;
  /** The payload without its values. */
  readonly payload: unknown;
  readonly replayed?: {
    readonly at: string;
    readonly events: readonly object[];
    readonly remaining: readonly string[];
  };
  readonly dismissed?: { readonly at: string; readonly note?: string };
}

/** A dead letter without a value of its payload or its request. */
export function reportLetter(
  letter: DeadLetter,
  { headers, value }: StoredRecord,
  { mark, dismissal }: { readonly mark?: Mark | undefined; readonly dismissal?: Dismissal | undefined },
): LetterReport {
  const { id, endpoint, verified, errors, bytes } = letter;
  const { ce_requestmethod: method = '', ce_requesttarget: target = '', ce_secretname: secret } = headers;
  const contentType = headers['content-type'] ?? '';
  const kept = Object.entries(readRequestHeaders(headers.ce_requestheaders));
  const masked = kept.map(([name, values = []]) => [name, values.map(maskText)]);
  return {
    id,
    receivedAt: new Date(letter.receivedAt).toISOString(),
    endpoint,
    verified,
    errors,
    bytes,
    ...(secret !== undefined && { secret }),
    place: `${letter.topic}/${letter.partition}@${letter.offset}`,
    request: {
      method,
      target: maskTarget(target),
      headers: { 'content-type': contentType, ...Object.fromEntries(masked) },
    },
    payload: maskBody(value, contentType),
    ...(mark && {
      replayed: { at: new Date(mark.at).toISOString(), events: mark.events.map(toPlain), remaining: mark.remaining },
    }),
    ...(dismissal && {
      dismissed: { at: new Date(dismissal.at).toISOString(), ...(dismissal.note && { note: dismissal.note }) },
    }),
  };
}

function toPlain({ offset, ...event }: Mark['events'][number]): object {
  return { ...event, ...(offset !== undefined && { offset: Number(offset) }) };
}

/** For people; what a stranger may have written has no control characters. */
export function describeLetter(report: LetterReport): string {
  const { id, receivedAt, place, endpoint, verified, secret, errors, request, bytes, payload, replayed, dismissed } =
    report;
  const headers = Object.entries(request.headers).map(([name, value]) => `  ${name}: ${String(value)}`);
  const lines = [
    `${id}  received ${receivedAt}  ${place}`,
    `endpoint ${endpoint}, ${verified ? `proven by secret "${secret}"` : 'not proven: anybody may have sent it'}`,
    ...(replayed ? [`replayed ${replayed.at}${replayed.remaining.length > 0 ? ', in part' : ''}`] : []),
    ...(dismissed ? [`dismissed ${dismissed.at}${dismissed.note === undefined ? '' : `: ${dismissed.note}`}`] : []),
    '',
    ...errors.flatMap(describeError),
    '',
    `${request.method} ${request.target}`,
    ...headers,
    '',
    `${bytes} bytes (names only; --raw writes the bytes):`,
    ...(typeof payload === 'string' ? [payload] : JSON.stringify(payload, null, 2).split('\n')),
  ];
  return lines.map(printable).join('\n');
}

function describeError({ code, stage, item, detail, errors }: LetterError): readonly string[] {
  return [
    `${code} (${stage})${item === undefined ? '' : ` at ${item}`}${detail === undefined ? '' : `: ${detail}`}`,
    ...errors.map(({ pointer, message }) => `  ${pointer || '(root)'}: ${message}`),
  ];
}
