import { styleText } from 'node:util';
import type { Delivery, Endpoint } from '../../core/model.js';
import { statusOfEvent } from '../../core/outcome.js';
import type { Accepted } from '../../core/persist.js';
import type { Outcome } from '../../core/pipeline.js';
import { type Rejection, rejections } from '../../core/rejection.js';
import { closestPath } from '../../diagnostics/closest.js';
import { answerOutcome } from '../../server/http/answer.js';
import { printable } from '../../util/printable.js';
import { wrap } from '../table.js';

/** Events of a batch, and errors of a schema, that are shown. */
const mostShown = 20;
const mostErrors = 3;
/** Below the line of a webhook: as wide as its time. */
const indent = ' '.repeat(10);

export interface LineView {
  readonly now: number;
  /** Whether in colours. */
  readonly paint: boolean;
  /** Characters of a line; absent: as many as it takes. */
  readonly width?: number | undefined;
}

/** What is known of a request that was refused before it was read. */
export interface RefusedRequest {
  readonly endpoint?: string | undefined;
  readonly method?: string | undefined;
  readonly path?: string | undefined;
}

/**
 * A webhook for a terminal: a line with time, status, endpoint, type, id, topic and milliseconds; for each further event of a
 * batch, and for why it was refused, a line below. Nothing of the payload but ids and types.
 */
export function describeDelivery(
  endpoint: Endpoint,
  delivery: Delivery,
  outcome: Outcome,
  { now, paint, width }: LineView,
): readonly string[] {
  const { accepted, rejected, handshake } = outcome;
  const { status } = answerOutcome(endpoint, delivery, outcome);
  const ms = `${Math.max(0, now - delivery.receivedAt)} ms`;
  const events = accepted.map(describeEvent);
  const letters = rejected.map((each) => describeRejection(each));
  const nothing = handshake === undefined ? 'no event in it' : 'handshake answered';
  const [first = nothing, ...others] = [...events, ...letters];
  const more = others.length - mostShown;
  return [
    ...headLines(delivery.receivedAt, status, [printable(endpoint.name), first, ms], { paint, width }),
    ...others.slice(0, mostShown).flatMap((line) => below(line, width)),
    ...(more > 0 ? [`${indent}and ${more} more`] : []),
    ...rejected.flatMap(({ errors }) =>
      errors
        .slice(0, mostErrors)
        .flatMap(({ pointer, message }) =>
          below(`  at ${printable(pointer) || 'the root'}: ${printable(message)}`, width),
        ),
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
  { now, paint, width, paths }: LineView & { readonly paths: readonly string[] },
): readonly string[] {
  const { status, code } = rejection;
  const meant = code === 'path_unknown' ? closestPath(path, paths) : undefined;
  const hint =
    code === 'path_unknown' ? [meant === undefined ? `there are: ${paths.join(', ')}` : `did you mean ${meant}?`] : [];
  const request = printable(`${method} ${path}`);
  return [
    ...headLines(now, status, [printable(endpoint ?? request), describeRejection(rejection)], { paint, width }),
    ...hint.flatMap((line) => below(line, width)).map((line) => dim(line, paint)),
  ];
}

/** Time and status, then the parts, folded behind the time. */
function headLines(
  time: number,
  status: number,
  parts: readonly string[],
  { paint, width }: Pick<LineView, 'paint' | 'width'>,
): readonly string[] {
  const at = `${clock(time)}  `;
  const [first = '', ...more] = wrap([at + status, ...parts].join('  '), width, indent.length);
  const rest = first.slice(at.length + String(status).length);
  return [at + colourStatus(status, paint) + rest, ...more];
}

function below(line: string, width: number | undefined): readonly string[] {
  return wrap(indent + line, width, indent.length + 2);
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
