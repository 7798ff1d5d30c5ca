import type { Delivery, Endpoint } from '../../core/model.js';
import type { Outcome } from '../../core/pipeline.js';
import type { Rejection } from '../../core/rejection.js';

/** A request to the public server when it is about to be answered, whatever became of it. */
export interface DeliveryEnd {
  /** Absent: no endpoint has the path. */
  readonly endpoint: Endpoint | undefined;
  /** Absent: it was stopped before its body was complete. */
  readonly delivery: Delivery | undefined;
  /** Without the query. */
  readonly path: string;
  /** IP address; empty where it is not known. */
  readonly client: string;
  /** Milliseconds of `performance.now()`: when its headers were there, and when its body was complete (0: it never was). */
  readonly startedAt: number;
  readonly bodyAt: number;
  /** Of the answer. */
  readonly status: number;
  /** What became of it; absent: it was refused, or there is a bug. */
  readonly outcome: Outcome | undefined;
  /** Why it was refused; absent beside `outcome`, and where there is a bug. */
  readonly rejection: Rejection | undefined;
}

/** Is told of every request, once, before its answer is sent: what watches deliveries hangs here. It must not throw, nor keep what it gets: bodies are in it. */
export type DeliveryObserver = (end: DeliveryEnd) => void;
