import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Delivery, Endpoint } from '../../../../src/core/model.js';
import { handle, type Ports } from '../../../../src/core/pipeline.js';
import { DeliveryTrace } from '../../../../src/server/telemetry/delivery-trace.js';
import type { OtlpSpan } from '../../../../src/server/telemetry/otlp.js';
import { createSampler, parseTraceparent } from '../../../../src/server/telemetry/trace-context.js';
import { createDedupe } from '../../../../src/storage/dedupe/dedupe.js';
import { realClock } from '../../../../src/util/clock.js';
import { valuesOf } from '../../../support/collector.js';
import { type MemoryPublisher, memoryPublisher } from '../../../support/memory-publisher.js';
import { delivery, endpoint, provider } from '../../../support/provider.js';
import { MemoryWindow } from '../../storage/dedupe/memory-window.js';

describe('the trace of a delivery', () => {
  let publisher: MemoryPublisher;
  let ports: Ports;

  beforeEach(() => {
    publisher = memoryPublisher();
    ports = {
      publisher,
      dedupe: createDedupe({ window: new MemoryWindow(), clock: realClock, log: () => undefined }),
      deadLetterTopic: 'webhooks.dlq',
      now: () => Date.UTC(2026, 0, 2),
      mayKeepUnverified: () => true,
    };
  });

  /** What is exported of it. */
  async function follow(sent: Delivery, sampling: number, at: Endpoint = endpoint()): Promise<readonly OtlpSpan[]> {
    const exported: OtlpSpan[] = [];
    const trace = new DeliveryTrace(at, { ...sent, id: randomUUID() }, performance.now(), {
      scheme: 'https',
      system: 'kafka',
      sampler: createSampler(sampling),
      sender: undefined,
      exporter: { add: (spans) => void exported.push(...spans) },
    });
    trace.end(200, await handle(at, trace.delivery, trace.follow(ports)));
    return exported;
  }

  it('has a span for each record of a batch, the dead letter of the rest included', async () => {
    const batched = endpoint({ provider: provider({ items: '/items/*' }) });
    const items = [{ id: 'a', type: 'x' }, { id: 'b' }, { id: 'c', type: 'y' }];
    const [server, ...producers] = await follow(delivery({ items }), 0, batched);
    expect(producers.map(({ name }) => name)).to.deep.equal([
      ...['send webhooks.acme', 'send webhooks.acme', 'send webhooks.dlq'],
    ]);
    expect(new Set(producers.map(({ parentSpanId }) => parentSpanId))).to.deep.equal(new Set([server?.spanId]));
    const inRecords = publisher.records.map(({ headers }) => parseTraceparent(headers.traceparent ?? ''));
    expect(inRecords.map((context) => context?.spanId)).to.deep.equal(producers.map(({ spanId }) => spanId));
    // The events were on their way before it was known that this delivery is kept.
    expect(inRecords.map((context) => context?.flags)).to.deep.equal([2, 2, 3]);
    expect(server?.status).to.deep.equal({ code: 2, message: 'event_unidentified' });
    expect(valuesOf(server?.attributes ?? [])).to.include({ 'webhook.outcome': 'accepted' });
  });

  it('has no span of a record for a repetition', async () => {
    const sent = delivery({ id: 'evt_1', type: 'paid' });
    expect((await follow(sent, 1)).map(({ kind }) => kind)).to.deep.equal([2, 4]);
    const [server, ...producers] = await follow(sent, 1);
    expect(producers).to.deep.equal([]);
    expect(valuesOf(server?.attributes ?? [])).to.include({ 'webhook.outcome': 'duplicate', 'url.scheme': 'https' });
    expect(publisher.records).to.have.length(1);
  });

  it('names a method that is not known as the conventions want it', async () => {
    const sent = { ...delivery({ id: 'evt_1', type: 'paid' }), method: 'PROPFIND' };
    const exported: OtlpSpan[] = [];
    const trace = new DeliveryTrace(endpoint(), { ...sent, id: randomUUID() }, performance.now(), {
      scheme: 'http',
      system: 'kafka',
      sampler: createSampler(1),
      sender: undefined,
      exporter: { add: (spans) => void exported.push(...spans) },
    });
    trace.fail(await handle(endpoint(), trace.delivery, trace.follow(ports)).catch((error: unknown) => error));
    expect(exported[0]?.name).to.equal('HTTP /webhooks/acme');
    expect(valuesOf(exported[0]?.attributes ?? [])).to.include({
      'http.request.method': '_OTHER',
      'http.request.method_original': 'PROPFIND',
      'http.response.status_code': '405',
      'webhook.outcome': 'refused',
    });
    expect(exported[0]).not.to.have.property('status');
  });
});
