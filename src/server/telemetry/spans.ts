import { PublishError } from '../../core/model.js';
import type { DeliveryTrace, End, SentRecord } from './delivery-trace.js';
import { failed, kinds, type OtlpSpan, toAttributes, toNanoseconds } from './otlp.js';
import { createSpanId, randomFlag, sampledFlag } from './trace-context.js';

/** Methods that `http.request.method` may name: https://opentelemetry.io/docs/specs/semconv/http/http-spans/. */
const methods = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE']);
/** Flags of OTLP, beside those of W3C: it is known whether the context came from elsewhere; it did. */
const knownOrigin = 0x100;
const remote = 0x200;

/**
 * The spans of a delivery: SERVER for the request, with the stages that it has passed as events, and PRODUCER for each
 * record. Nothing of a payload, no key of a record, no query and no header is in them. `now`: milliseconds of
 * `performance.now()`.
 */
export function toSpans(trace: DeliveryTrace, end: End, now: number): readonly OtlpSpan[] {
  const { tracestate } = trace.parts.sampler;
  const common = {
    traceId: trace.id,
    flags: randomFlag | sampledFlag | knownOrigin,
    ...(trace.sampled && tracestate !== undefined ? { traceState: tracestate } : {}),
  };
  const spanId = createSpanId();
  const at = (time: number) => toNanoseconds(trace.delivery.receivedAt + time - trace.receivedAt);
  const server = toServer(trace, end, {
    ...common,
    spanId,
    startTimeUnixNano: at(trace.startedAt),
    endTimeUnixNano: at(now),
  });
  const stages = trace.stages.map((stage, index) => ({ timeUnixNano: at(trace.passedAt[index] ?? now), name: stage }));
  const events = [{ timeUnixNano: at(trace.receivedAt), name: 'body' }, ...stages];
  const producers = trace.sent.map((sent) =>
    toProducer(sent, trace.parts.system, {
      ...common,
      spanId: sent.spanId,
      parentSpanId: spanId,
      startTimeUnixNano: at(sent.startedAt),
      endTimeUnixNano: at(sent.endedAt ?? now),
    }),
  );
  return [{ ...server, events }, ...producers];
}

type Common = Omit<OtlpSpan, 'name' | 'kind' | 'attributes' | 'events' | 'links' | 'status'>;

function toServer({ endpoint, delivery, parts }: DeliveryTrace, end: End, common: Common): OtlpSpan {
  const { status, outcome, reason, failed: isFailure } = end;
  const known = methods.has(delivery.method);
  const { sender } = parts;
  return {
    ...common,
    name: `${known ? delivery.method : 'HTTP'} ${endpoint.path}`,
    kind: kinds.server,
    attributes: toAttributes({
      'http.request.method': known ? delivery.method : '_OTHER',
      'http.request.method_original': known ? undefined : delivery.method,
      'http.route': endpoint.path,
      'url.path': endpoint.path,
      'url.scheme': parts.scheme,
      'http.response.status_code': status,
      'http.request.body.size': delivery.body.length,
      'client.address': delivery.client,
      'error.type': isFailure ? (reason ?? String(status)) : undefined,
      'webhook.endpoint': endpoint.name,
      'webhook.provider': endpoint.provider.name,
      'webhook.delivery.id': delivery.id,
      'webhook.outcome': outcome,
      'webhook.reason': reason,
    }),
    ...(sender && {
      links: [{ traceId: sender.traceId, spanId: sender.spanId, flags: sender.flags | knownOrigin | remote }],
    }),
    ...(isFailure ? { status: { code: failed, ...(reason !== undefined && { message: reason }) } } : {}),
  };
}

/** Names of https://opentelemetry.io/docs/specs/semconv/messaging/kafka/, which are not stable yet. */
function toProducer({ topic, id, type, placement, error }: SentRecord, system: string, common: Common): OtlpSpan {
  const isPlaced = placement !== undefined && 'partition' in placement;
  const code = error instanceof PublishError ? error.reason : undefined;
  return {
    ...common,
    name: `send ${topic}`,
    kind: kinds.producer,
    attributes: toAttributes({
      'messaging.system': system,
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': topic,
      'messaging.destination.partition.id': isPlaced ? String(placement.partition) : undefined,
      'messaging.kafka.offset': isPlaced ? placement.offset : undefined,
      'cloudevents.event_id': id,
      'cloudevents.event_type': type,
      'webhook.spooled': placement !== undefined && !isPlaced ? true : undefined,
      'error.type': error === undefined ? undefined : (code ?? '_OTHER'),
    }),
    ...(error !== undefined && { status: { code: failed } }),
  };
}
