import type { Delivery, Endpoint, KafkaRecord, Placement, Publisher, Spooled } from '../../core/model.js';
import { statusOfDelivery } from '../../core/outcome.js';
import type { Outcome, Ports } from '../../core/pipeline.js';
import { Rejection, type Stage } from '../../core/rejection.js';
import { FollowedPorts, type Follower } from './followed-ports.js';
import type { SpanExporter } from './span-exporter.js';
import { toSpans } from './spans.js';
import {
  createSpanId,
  formatTraceparent,
  randomFlag,
  type Sampler,
  type SpanContext,
  sampledFlag,
} from './trace-context.js';
import type { ProcessContext } from './tracing.js';

export interface TraceParts extends ProcessContext {
  readonly sampler: Sampler;
  /** The span that the sender says it sends from. */
  readonly sender: SpanContext | undefined;
  readonly exporter: Pick<SpanExporter, 'add'>;
}

/** A record on its way; times are milliseconds of `performance.now()`. */
export interface SentRecord {
  readonly spanId: string;
  readonly topic: string;
  /** `ce_id` and `ce_type`. */
  readonly id: string | undefined;
  readonly type: string | undefined;
  readonly startedAt: number;
  endedAt?: number;
  placement?: Placement | Spooled;
  error?: unknown;
}

/** What became of a delivery. */
export interface End {
  /** Of the answer. */
  readonly status: number;
  readonly outcome: string;
  /** Why it, or a part of a batch, stopped. */
  readonly reason?: string;
  /** True where that is a failure for whoever operates this, whatever the sender was told. */
  readonly failed: boolean;
}

/**
 * Notes what happens to one delivery. Until its end nobody knows whether that is worth a span, so only times and names are
 * noted; the spans themselves are made for those that are kept.
 */
export class DeliveryTrace implements Follower {
  /** The delivery's id without hyphens: its last seven bytes are random, as W3C Trace Context wants it. */
  readonly id: string;
  readonly endpoint: Endpoint;
  readonly delivery: Delivery;
  readonly startedAt: number;
  readonly parts: TraceParts;
  readonly sampled: boolean;
  /** When the body was complete; the delivery's `receivedAt` is the same moment by the clock. */
  readonly receivedAt = performance.now();
  readonly stages: Stage[] = [];
  readonly passedAt: number[] = [];
  readonly sent: SentRecord[] = [];
  #kept: boolean;

  constructor(endpoint: Endpoint, delivery: Delivery, startedAt: number, parts: TraceParts) {
    this.id = delivery.id.replaceAll('-', '');
    this.endpoint = endpoint;
    this.delivery = delivery;
    this.startedAt = startedAt;
    this.parts = parts;
    this.sampled = parts.sampler.samples(this.id);
    this.#kept = this.sampled;
  }

  /** The same ports, followed. */
  follow(ports: Ports): Ports {
    return new FollowedPorts(ports, this);
  }

  passed(stage: Stage): void {
    this.stages.push(stage);
    this.passedAt.push(performance.now());
  }

  /** It was answered. */
  end(status: number, outcome: Outcome): void {
    const [rejection] = outcome.rejected;
    const what = outcome.handshake === undefined ? statusOfDelivery(outcome) : 'handshake';
    const unproven = outcome.accepted.length === 0 && rejection?.stage === 'verify';
    this.#finish({
      status,
      outcome: unproven ? 'unproven' : what,
      failed: status >= 500 || (!unproven && rejection !== undefined),
      ...(rejection !== undefined && { reason: rejection.code }),
    });
  }

  /** It was stopped by an error, and answered by whoever caught it. */
  fail(error: unknown): void {
    if (error instanceof Rejection) {
      const { status, code } = error;
      const outcome = status === 503 ? 'unavailable' : 'refused';
      this.#finish({ status, outcome, reason: code, failed: status >= 500 });
    } else {
      this.#finish({ status: 500, outcome: 'error', reason: 'bug', failed: true });
    }
  }

  /** With its own context in the place of the sender's. */
  publish(record: KafkaRecord, publisher: Publisher): Promise<Placement | Spooled> {
    const { topic, headers } = record;
    // A dead letter is kept, so whoever reads it may count on its spans.
    if (headers.ce_type === 'webhook.dead_letter') this.#kept = true;
    const { ce_id: id, ce_type: type } = headers;
    const sent: SentRecord = { spanId: createSpanId(), topic, id, type, startedAt: performance.now() };
    this.sent.push(sent);
    const flags = randomFlag | (this.#kept ? sampledFlag : 0);
    const traceparent = formatTraceparent({ traceId: this.id, spanId: sent.spanId, flags });
    const { tracestate } = this.parts.sampler;
    // In place: the record is this delivery's own, and to copy its headers takes longer than all of this.
    Object.assign(headers, this.sampled && tracestate !== undefined ? { traceparent, tracestate } : { traceparent });
    const published = publisher.publish(record);
    published.then(
      (placement) => {
        sent.endedAt = performance.now();
        sent.placement = placement;
      },
      (error: unknown) => {
        sent.endedAt = performance.now();
        sent.error = error;
      },
    );
    return published;
  }

  #finish(end: End): void {
    if (end.failed) this.#kept = true;
    if (this.#kept) this.parts.exporter.add(toSpans(this, end, performance.now()));
  }
}
