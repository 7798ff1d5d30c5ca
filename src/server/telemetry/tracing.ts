import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { TracingSettings } from '../../config/settings.js';
import type { Delivery, Endpoint } from '../../core/model.js';
import { readVersion } from '../../util/version.js';
import { DeliveryTrace } from './delivery-trace.js';
import type { Level } from './log.js';
import type { Reading } from './metrics.js';
import { read } from './observe.js';
import type { Values } from './otlp.js';
import { type Collector, type exportTimes, SpanExporter } from './span-exporter.js';
import { createSampler, readSender, type Sampler } from './trace-context.js';

/** What is the same for all deliveries of a process. */
export interface ProcessContext {
  readonly scheme: 'http' | 'https';
  /** What records go to, as `messaging.system` names it. */
  readonly system: 'kafka' | 'embedded';
}

export interface TracingOptions extends ProcessContext {
  readonly log: (level: Level, message: string, fields: { readonly [name: string]: unknown }) => void;
  readonly times?: typeof exportTimes;
}

/**
 * Makes the spans of deliveries, and exports those that are sampled, and those of dead letters and failures. A trace begins
 * here: what a sender says of its own is linked to, since nobody has proven it.
 */
export class Tracing {
  readonly #exporter: SpanExporter;
  readonly #options: TracingOptions;
  readonly #process: Values;
  #sampler: Sampler;

  constructor(settings: TracingSettings, options: TracingOptions) {
    const version = readVersion();
    this.#options = options;
    this.#process = {
      'service.version': version,
      'service.instance.id': randomUUID(),
      'host.name': hostname(),
      'process.pid': process.pid,
    };
    this.#sampler = createSampler(settings.sampling);
    this.#exporter = new SpanExporter({ ...options, version, collector: this.#toCollector(settings) });
  }

  /** Deliveries that begin from now on meet these settings. */
  adapt(settings: TracingSettings): void {
    this.#sampler = createSampler(settings.sampling);
    this.#exporter.collector = this.#toCollector(settings);
  }

  /** Of a delivery whose body is complete. `startedAt`: milliseconds of `performance.now()`. */
  begin(endpoint: Endpoint, delivery: Delivery, startedAt: number): DeliveryTrace {
    const sender = delivery.headers.traceparent === undefined ? undefined : readSender(delivery.headers);
    const { scheme, system } = this.#options;
    return new DeliveryTrace(endpoint, delivery, startedAt, {
      scheme,
      system,
      sampler: this.#sampler,
      sender,
      exporter: this.#exporter,
    });
  }

  readings(): readonly Reading[] {
    const { exported, dropped } = this.#exporter;
    return [
      read('gateway_spans_exported_total', exported),
      ...Object.entries(dropped).map(([reason, count]) => read('gateway_spans_dropped_total', count, { reason })),
    ];
  }

  /** Sends what waits, for so many milliseconds at the most. */
  close(patience: number): Promise<void> {
    return this.#exporter.close(patience);
  }

  #toCollector({ url, headers, resource }: TracingSettings): Collector {
    return { url, headers, resource: { ...this.#process, ...resource } };
  }
}
