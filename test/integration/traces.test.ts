import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { PublishError } from '../../src/core/model.js';
import { readTopics } from '../../src/publish/read.js';
import type { OtlpSpan } from '../../src/server/telemetry/otlp.js';
import { parseTraceparent } from '../../src/server/telemetry/trace-context.js';
import { Collector, until, valuesOf } from '../support/collector.js';
import { type MemoryPublisher, memoryPublisher } from '../support/memory-publisher.js';
import { plugins, type Running, run } from './gateway/running.js';
import { event, now, post, secrets, sign } from './gateway/stripe.js';

const stranger = { trace: 'a'.repeat(32), span: 'b'.repeat(16) };
const strangers = { traceparent: `00-${stranger.trace}-${stranger.span}-01`, tracestate: 'vendor=secret' };

interface Options {
  /** Under `telemetry.otlp`. */
  readonly otlp?: string;
  readonly environment?: { readonly [name: string]: string };
  readonly publisher?: MemoryPublisher;
  readonly target?: string;
}

describe('traces', () => {
  let collector: Collector;
  let gateway: Running | undefined;

  beforeEach(async () => {
    collector = await new Collector().listen();
  });

  afterEach(async () => {
    await gateway?.close();
    gateway = undefined;
    await collector.close();
  });

  async function begin({
    otlp,
    environment,
    publisher,
    target = 'embedded: { dir: data }',
  }: Options): Promise<Running> {
    const yaml = `version: 1
server: { listen: "127.0.0.1:0", drain: 1s }
plugins: ${plugins}
${target}
deadLetter: { unverified: { perMinute: 0 } }
log: { level: debug }
${otlp === undefined ? '' : `telemetry: { otlp: ${otlp} }`}
endpoints: [{ provider: stripe, path: /webhooks/stripe, livemode: true, secrets: [{ name: current, env: CURRENT }] }]`;
    const all = { CURRENT: secrets.current, ...environment };
    gateway = await run({ 'gateway.yaml': yaml }, all, { ...(publisher && { publisher }), now: () => now });
    return gateway;
  }

  function send(body = event(), headers: { readonly [name: string]: string } = {}) {
    return post(`${gateway?.url}/webhooks/stripe?token=of-the-sender`, body, headers);
  }

  function ofKind(kind: number): readonly OtlpSpan[] {
    return collector.spans.filter((span) => span.kind === kind);
  }

  it('lead from the request to the record: SERVER, PRODUCER, and whoever reads the record', async () => {
    const { settings } = await begin({ environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
    expect((await send(event({ id: 'evt_traced' }))).status).to.equal(200);
    await until(() => collector.spans.length === 2);
    const [server] = ofKind(2);
    const [producer] = ofKind(4);
    expect([server?.name, producer?.name]).to.deep.equal(['POST /webhooks/stripe', 'send webhooks.stripe.charge']);
    expect([producer?.traceId, producer?.parentSpanId]).to.deep.equal([server?.traceId, server?.spanId]);
    expect(server).not.to.have.property('parentSpanId');
    expect(server).not.to.have.property('links');
    const read = readTopics(settings.publisher, ['webhooks.stripe.charge'], { from: 'beginning', until: 'end' });
    for await (const { headers } of read) {
      expect(parseTraceparent(headers.traceparent ?? '')).to.deep.equal({
        traceId: producer?.traceId,
        spanId: producer?.spanId,
        flags: 3,
      });
      expect(headers.tracestate).to.equal('ot=th:0');
      expect(headers.ce_deliveryid?.replaceAll('-', '')).to.equal(server?.traceId);
    }
    expect(valuesOf(server?.attributes ?? [])).to.deep.include({
      'http.request.method': 'POST',
      'http.route': '/webhooks/stripe',
      'url.path': '/webhooks/stripe',
      'url.scheme': 'http',
      'http.response.status_code': '200',
      'webhook.endpoint': 'stripe',
      'webhook.outcome': 'accepted',
    });
    expect(valuesOf(producer?.attributes ?? [])).to.deep.equal({
      'messaging.system': 'embedded',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'webhooks.stripe.charge',
      'messaging.destination.partition.id': '0',
      'messaging.kafka.offset': '0',
      'cloudevents.event_id': 'evt_traced',
      'cloudevents.event_type': 'charge.refunded',
    });
  });

  it('have the stages in order, between the beginning and the end', async () => {
    await begin({ environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
    await send();
    await until(() => collector.spans.length === 2);
    const [server] = ofKind(2);
    const [producer] = ofKind(4);
    expect(server?.events?.map(({ name }) => name)).to.deep.equal(['body', 'verify', 'split', 'map', 'publish']);
    const times = (server?.events ?? []).map(({ timeUnixNano }) => BigInt(timeUnixNano));
    const [start, end] = [BigInt(server?.startTimeUnixNano ?? 0), BigInt(server?.endTimeUnixNano ?? 0)];
    const inOrder = [start, ...times, end];
    expect(inOrder.toSorted((a, b) => Number(a - b))).to.deep.equal(inOrder);
    // The gateway's clock stands still at this moment.
    expect(times[0]).to.equal(BigInt(now) * 1_000_000n);
    expect(BigInt(producer?.startTimeUnixNano ?? 0) >= start).to.equal(true);
    expect(BigInt(producer?.endTimeUnixNano ?? 0) <= end).to.equal(true);
  });

  it('link to what a sender says of its own trace, and take nothing else of it', async () => {
    const publisher = memoryPublisher();
    await begin({ environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, publisher });
    await send(event(), strangers);
    await send(event({ id: 'evt_2' }), { traceparent: `ff-${stranger.trace}-${stranger.span}-01` });
    await until(() => collector.spans.length === 4);
    const [first, second] = ofKind(2);
    expect(first?.links?.map(({ traceId, spanId }) => ({ traceId, spanId }))).to.deep.equal([
      { traceId: stranger.trace, spanId: stranger.span },
    ]);
    expect(second).not.to.have.property('links');
    for (const { headers } of publisher.records) {
      expect(headers.traceparent).not.to.include(stranger.trace);
      expect(headers.tracestate).to.equal('ot=th:0');
    }
    expect(publisher.records).to.have.length(2);
  });

  it('show nothing of payload, key, query, header and secret', async () => {
    const publisher = memoryPublisher();
    await begin({ environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, publisher });
    await send(event({ data: { object: { id: 'ch_key', object: 'charge', card: '4242' } } }), {
      'user-agent': 'agent-of-the-sender',
    });
    await until(() => collector.spans.length === 2);
    expect(publisher.records[0]?.key).to.equal('ch_key');
    const text = JSON.stringify(collector.spans);
    for (const hidden of ['ch_key', '4242', 'of-the-sender', secrets.current, 'v1='])
      expect(text).not.to.include(hidden);
  });

  describe('sampled at 0', () => {
    let publisher: MemoryPublisher;
    beforeEach(async () => {
      publisher = memoryPublisher();
      await begin({ otlp: `{ endpoint: "${collector.url}", sampling: 0 }`, publisher });
    });

    it('are not exported for what is accepted; the record says so to whoever reads it', async () => {
      await send();
      await gateway?.close();
      gateway = undefined;
      expect(collector.spans).to.deep.equal([]);
      const { traceparent = '', tracestate } = publisher.records[0]?.headers ?? {};
      expect([parseTraceparent(traceparent)?.flags, tracestate]).to.deep.equal([2, undefined]);
    });

    it('are exported for a dead letter, which says so', async () => {
      await send(event({ livemode: false }));
      await until(() => collector.spans.length === 2);
      const [server] = ofKind(2);
      const [producer] = ofKind(4);
      expect(producer?.name).to.equal('send webhooks.dlq');
      expect(server?.status).to.deep.equal({ code: 2, message: 'livemode_mismatch' });
      expect(valuesOf(server?.attributes ?? [])).to.include({
        'webhook.outcome': 'dead_lettered',
        'webhook.reason': 'livemode_mismatch',
        'error.type': 'livemode_mismatch',
        'http.response.status_code': '200',
      });
      const { traceparent = '', tracestate } = publisher.records[0]?.headers ?? {};
      expect(parseTraceparent(traceparent)).to.deep.equal({
        traceId: server?.traceId,
        spanId: producer?.spanId,
        flags: 3,
      });
      // It says how many others a trace stands for: this one for none.
      expect([tracestate, server?.traceState]).to.deep.equal([undefined, undefined]);
    });

    it('are exported for what could not be made safe', async () => {
      publisher.fail = () => new PublishError('unavailable', 'ECONNREFUSED', 'no Kafka');
      expect((await send()).status).to.equal(503);
      await until(() => collector.spans.length === 2);
      const [server] = ofKind(2);
      const [producer] = ofKind(4);
      expect(server?.status).to.deep.equal({ code: 2, message: 'kafka_unavailable' });
      expect(valuesOf(producer?.attributes ?? [])).to.include({ 'error.type': 'ECONNREFUSED' });
    });

    it('are exported for a bug', async () => {
      publisher.fail = () => new TypeError('bug of the test');
      expect((await send()).status).to.equal(500);
      await until(() => collector.spans.length === 2);
      expect(ofKind(2)[0]?.status).to.deep.equal({ code: 2, message: 'bug' });
    });

    it('are not exported for strangers, who could send any number', async () => {
      const answer = await send(event(), { 'stripe-signature': sign(event(), 1) });
      expect(answer.status).to.equal(401);
      await gateway?.close();
      gateway = undefined;
      expect(collector.spans).to.deep.equal([]);
    });

    it('are found by the log', async () => {
      await send(event({ livemode: false }));
      await until(() => collector.spans.length === 2);
      const [line] = gateway?.log.find('delivery dead-lettered') ?? [];
      expect(line?.trace_id).to.equal(collector.spans[0]?.traceId);
    });
  });

  it('are in part exported as the variables say', async () => {
    const OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = `${collector.url}/in`;
    const environment = {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.5',
      OTEL_SERVICE_NAME: 'payments-in',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test%20one,service.name=other',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc',
    };
    const publisher = memoryPublisher();
    await begin({ environment, publisher });
    for (let count = 0; count < 40; count++) await send(event({ id: `evt_${count}` }));
    const sampled = publisher.records.filter(({ headers }) => headers.traceparent?.endsWith('-03'));
    expect(sampled.length).to.be.within(1, 39);
    await until(() => collector.spans.length === 2 * sampled.length);
    expect(new Set(collector.spans.map(({ traceState }) => traceState))).to.deep.equal(new Set(['ot=th:8']));
    const [first] = collector.exports;
    expect(first?.path).to.equal('/in');
    expect(first?.headers.authorization).to.equal('Bearer abc');
    expect(first?.resource).to.include({
      'service.name': 'payments-in',
      'deployment.environment.name': 'test one',
    });
    expect(first?.resource['service.instance.id']).to.match(/^[\da-f-]{36}$/);
  });

  const off: { readonly [what: string]: { readonly [name: string]: string } } = {
    OTEL_SDK_DISABLED: { OTEL_SDK_DISABLED: 'true' },
    'OTEL_TRACES_EXPORTER=none': { OTEL_TRACES_EXPORTER: 'none' },
  };
  for (const [what, variables] of Object.entries(off)) {
    it(`are off with ${what}, and the sender's traceparent goes on as before`, async () => {
      const publisher = memoryPublisher();
      const { settings } = await begin({ otlp: `{ endpoint: "${collector.url}" }`, environment: variables, publisher });
      expect(settings).not.to.have.property('tracing');
      await send(event(), strangers);
      const [record] = publisher.records;
      expect(record?.headers.traceparent).to.equal(strangers.traceparent);
      expect(record?.headers).not.to.have.property('tracestate');
      expect(gateway?.log.text).not.to.include('trace_id');
    });
  }

  it('are turned on, changed and off by a reload', async () => {
    const { settings: off } = await begin({});
    const publisher = memoryPublisher();
    await gateway?.close();
    const { settings: on, reload } = await begin({ otlp: `{ endpoint: "${collector.url}" }`, publisher });
    await send();
    await until(() => collector.spans.length === 2);
    reload(off);
    await until(() => gateway?.readings().every(({ metric }) => metric !== 'gateway_spans_exported_total') === true);
    await send(event({ id: 'evt_off' }));
    expect(publisher.records.at(-1)?.headers).not.to.have.property('traceparent');
    reload(on);
    await until(() => gateway?.readings().some(({ metric }) => metric === 'gateway_spans_exported_total') === true);
    await send(event({ id: 'evt_on' }));
    await until(() => collector.spans.length === 4);
  });

  it('stay with a record that waits in the spool', async () => {
    const target = 'kafka: { brokers: "127.0.0.1:1" }\nspool: { dir: spool }';
    const { settings } = await begin({ otlp: `{ endpoint: "${collector.url}" }`, target });
    const answer = await send(event({ id: `evt_${randomUUID()}` }));
    expect([answer.status, JSON.parse(answer.body).status]).to.deep.equal([200, 'spooled']);
    await until(() => collector.spans.length === 2);
    const [producer] = ofKind(4);
    expect(valuesOf(producer?.attributes ?? [])).to.include({ 'messaging.system': 'kafka', 'webhook.spooled': true });
    expect(readAll(join(dirname(settings.file), 'spool'))).to.include(`00-${producer?.traceId}-${producer?.spanId}-03`);
  });

  const harmful: { readonly [what: string]: () => Promise<void> } = {
    hangs: async () => {
      collector.answer = () => undefined;
    },
    refuses: async () => {
      collector.answer = (response) => response.writeHead(401).end();
    },
    'sends garbage': async () => {
      collector.answer = (response) => response.end(Buffer.alloc(100_000, 0xff));
    },
    'is not there': () => collector.close(),
  };
  for (const [what, harm] of Object.entries(harmful)) {
    it(`harm no webhook while the collector ${what}`, async () => {
      const publisher = memoryPublisher();
      const { url } = collector;
      await harm();
      await begin({ otlp: `{ endpoint: "${url}" }`, publisher });
      for (let count = 0; count < 300; count++)
        expect((await send(event({ id: `evt_${count}` }))).status).to.equal(200);
      expect(publisher.records).to.have.length(300);
      const started = performance.now();
      await gateway?.close();
      gateway = undefined;
      expect(performance.now() - started).to.be.below(6_000);
    });
  }
});

/** The text of all files of a folder. */
function readAll(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('');
}
