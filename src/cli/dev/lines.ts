import { styleText } from 'node:util';
import type { Delivery, Endpoint } from '../../core/model.js';
import { statusOfEvent } from '../../core/outcome.js';
import type { Accepted } from '../../core/persist.js';
import type { Outcome } from '../../core/pipeline.js';
import { type Rejection, rejections } from '../../core/rejection.js';
import { closestPath } from '../../diagnostics/closest.js';
import { answerOutcome } from '../../server/http/answer.js';
import { printable } from '../../util/printable.js';

/** Events of a batch, and errors of a schema, that are shown. */
const mostShown = 20;
const mostErrors = 3;
/** Below the line of a webhook: as wide as its time. */
const indent = ' '.repeat(10);

/** What is known of a request that was refused before it was read. */
export interface RefusedRequest {
  readonly endpoint?: string | undefined;
  readonly method?: string | undefined;
  readonly path?: string | undefined;
}

/**
 * A webhook for a terminal: a line with time, status, endpoint, type, id, topic and milliseconds; for each further event of a
 * batch, and for why it was refused, a line below. `paint`: whether in colours. Nothing of the payload but ids and types.
 */
export function describeDelivery(
  endpoint: Endpoint,
  delivery: Delivery,
  outcome: Outcome,
  { now, paint }: { readonly now: number; readonly paint: boolean },
): readonly string[] {
  const { accepted, rejected, handshake } = outcome;
  const { status } = answerOutcome(endpoint, delivery, outcome);
  const ms = `${Math.max(0, now - delivery.receivedAt)} ms`;
  const head = [clock(delivery.receivedAt), colourStatus(status, paint), printable(endpoint.name)];
  const events = accepted.map(describeEvent);
  const letters = rejected.map((each) => describeRejection(each));
  const nothing = handshake === undefined ? 'no event in it' : 'handshake answered';
  const [first = nothing, ...others] = [...events, ...letters];
  const more = others.length - mostShown;
  return [
    [...head, first, ms].join('  '),
    ...others.slice(0, mostShown).map((line) => indent + line),
    ...(more > 0 ? [`${indent}and ${more} more`] : []),
    ...rejected.flatMap(({ errors }) =>
      errors
        .slice(0, mostErrors)
        .map(({ pointer, message }) => `${indent}  at ${printable(pointer) || 'the root'}: ${printable(message)}`),
    ),
    ...(rejected.length === 0 ? [] : [explainLine(delivery, outcome, paint)]),
  ];
}

function describeEvent(accepted: Accepted): string {
  const { event, placement } = accepted;
  const status = statusOfEvent(accepted);
  const arrow = status === 'duplicate' ? '= published before in' : '→';
  const spooled = status === 'spooled' ? ', when Kafka is back' : '';
  return `${printable(event.type)}  ${printable(event.id)} ${arrow} ${placement.topic}${spooled}`;
}

function describeRejection({ code, detail, item }: Rejection): string {
  const where = item === undefined ? '' : `, item ${printable(item)}`;
  return `${code}${where}: ${detail === undefined ? rejections[code].meaning : printable(detail)}`;
}

/** Only what was kept can be explained later. */
function explainLine({ id }: Delivery, { letter }: Outcome, paint: boolean): string {
  const text =
    letter === undefined
      ? 'no dead letter was kept: too many deliveries that prove nothing'
      : `why: npx webhook-gateway explain ${id}`;
  return indent + dim(text, paint);
}

/** A request that no endpoint has read: a path that is none, another method, an overload. */
export function describeRefusal(
  rejection: Rejection,
  { endpoint, method = '', path = '' }: RefusedRequest,
  { now, paint, paths }: { readonly now: number; readonly paint: boolean; readonly paths: readonly string[] },
): readonly string[] {
  const { status, code } = rejection;
  const meant = code === 'path_unknown' ? closestPath(path, paths) : undefined;
  const hint =
    code === 'path_unknown' ? [meant === undefined ? `there are: ${paths.join(', ')}` : `did you mean ${meant}?`] : [];
  const request = printable(`${method} ${path}`);
  return [
    [clock(now), colourStatus(status, paint), printable(endpoint ?? request), describeRejection(rejection)].join('  '),
    ...hint.map((line) => indent + dim(line, paint)),
  ];
}

function clock(time: number): string {
  return new Date(time).toTimeString().slice(0, 8);
}

function colourStatus(status: number, paint: boolean): string {
  if (!paint) return String(status);
  return styleText(status < 300 ? 'green' : status < 500 ? 'yellow' : 'red', String(status), { validateStream: false });
}

function dim(text: string, paint: boolean): string {
  return paint ? styleText('gray', text, { validateStream: false }) : text;
}
