import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { Redacted } from '../../../../src/config/settings.js';
import type { OtlpSpan } from '../../../../src/server/telemetry/otlp.js';
import { type ExporterOptions, SpanExporter } from '../../../../src/server/telemetry/span-exporter.js';
import { Collector, until } from '../../../support/collector.js';

const times = { gathering: 10, request: 300, batch: 1_000, pause: 10 };

function span(name: string): OtlpSpan {
  return {
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    flags: 1,
    name,
    kind: 2,
    attributes: [],
    startTimeUnixNano: '1',
    endTimeUnixNano: '2',
  };
}

describe('the exporter of spans', () => {
  let collector: Collector;
  let exporter: SpanExporter;
  let lines: [string, string, { readonly [name: string]: unknown }][];

  function create(over: Partial<ExporterOptions['collector']> = {}, used = times): SpanExporter {
    return new SpanExporter({
      collector: {
        url: `${collector.url}/v1/traces`,
        headers: { authorization: new Redacted('Bearer x') },
        resource: { 'service.name': 'payments' },
        ...over,
      },
      version: '1.2.3',
      times: used,
      log: (...line) => void lines.push(line),
    });
  }

  beforeEach(async () => {
    lines = [];
    collector = await new Collector().listen();
    exporter = create();
  });

  afterEach(async () => {
    await exporter.close(500);
    await collector.close();
  });

  it('sends what was gathered in one request, with headers and resource', async () => {
    exporter.add([span('one'), span('two')]);
    exporter.add([span('three')]);
    await until(() => collector.exports.length > 0);
    const [first] = collector.exports;
    expect(first?.path).to.equal('/v1/traces');
    expect(first?.headers).to.include({ authorization: 'Bearer x', 'content-type': 'application/json' });
    expect(first?.resource).to.deep.equal({ 'service.name': 'payments' });
    expect(first?.spans.map(({ name }) => name)).to.deep.equal(['one', 'two', 'three']);
    await until(() => exporter.exported === 3);
  });

  it('sends full batches at once, and the rest with the close', async () => {
    for (let count = 0; count < 1_030; count++) exporter.add([span(`${count}`)]);
    await exporter.close(2_000);
    expect(collector.spans.map(({ name }) => name)).to.deep.equal(Array.from({ length: 1_030 }, (_, n) => `${n}`));
    expect(collector.exports.map(({ spans }) => spans.length)).to.deep.equal([512, 512, 6]);
    expect(exporter.exported).to.equal(1_030);
  });

  for (const status of [429, 502, 503, 504]) {
    it(`tries again after ${status}`, async () => {
      let refusals = 2;
      collector.answer = (response) => {
        response.writeHead(status).end('busy');
        if (--refusals === 0) collector.answer = undefined;
      };
      exporter.add([span('one')]);
      await until(() => exporter.exported === 1);
      expect(exporter.dropped).to.deep.equal({ queue_full: 0, refused: 0, unavailable: 0 });
    });
  }

  it('waits as long as Retry-After says', async () => {
    const asked: number[] = [];
    collector.answer = (response) => {
      asked.push(performance.now());
      response.writeHead(429, { 'Retry-After': '1' }).end();
      collector.answer = undefined;
    };
    exporter = create({}, { ...times, batch: 5_000 });
    exporter.add([span('one')]);
    await until(() => exporter.exported === 1);
    expect(performance.now() - (asked[0] ?? 0)).to.be.at.least(990);
  });

  it('does not wait for what would come too late', async () => {
    collector.answer = (response) => response.writeHead(503, { 'Retry-After': '3600' }).end();
    exporter.add([span('one')]);
    await until(() => exporter.dropped.unavailable === 1);
  });

  for (const status of [400, 401, 404, 413, 500]) {
    it(`does not try again after ${status}`, async () => {
      let requests = 0;
      collector.answer = (response) => {
        requests++;
        response.writeHead(status).end();
      };
      exporter.add([span('one'), span('two')]);
      await until(() => exporter.dropped.refused === 2);
      expect(requests).to.equal(1);
      expect(lines).to.deep.equal([
        [
          'warn',
          'spans dropped: the collector does not take them',
          { host: `127.0.0.1:${collector.port}`, reason: 'refused', detail: `answered ${status}` },
        ],
      ]);
    });
  }

  it('counts what a collector takes only in part', async () => {
    collector.answer = (response) =>
      response.end(JSON.stringify({ partialSuccess: { rejectedSpans: '2', errorMessage: 'too old' } }));
    exporter.add([span('one'), span('two'), span('three')]);
    await until(() => exporter.dropped.refused === 2);
    expect(exporter.exported).to.equal(1);
  });

  const garbage: { readonly [what: string]: (response: ServerResponse) => void } = {
    'no JSON': (response) => response.end('<html>'),
    'a number out of the range': (response) => response.end('{"partialSuccess":{"rejectedSpans":-1e400}}'),
    'more rejected than sent': (response) => response.end('{"partialSuccess":{"rejectedSpans":99}}'),
    'an endless answer': (response) => {
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const write = () => void (response.destroyed || response.write(chunk, write));
      write();
    },
    'a redirect': (response) => response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end(),
    'a cut connection': (response) => response.destroy(),
    'a cut answer': (response) => {
      response.writeHead(200, { 'Content-Length': '1000' });
      response.write('{', () => response.destroy());
    },
  };
  for (const [what, answer] of Object.entries(garbage)) {
    it(`comes to an end, and goes on, with ${what}`, async () => {
      collector.answer = answer;
      exporter.add([span('one')]);
      const { dropped } = exporter;
      await until(() => exporter.exported + dropped.refused + dropped.unavailable === 1);
      collector.answer = undefined;
      exporter.add([span('two')]);
      await until(() => collector.spans.length === 1);
    });
  }

  it('is never larger than its bound while the collector hangs, and closes in time', async () => {
    collector.answer = () => undefined;
    for (let count = 0; count < 10_000; count++) exporter.add([span('one'), span('two')]);
    // A batch of 512 is on its way, 4,096 wait.
    expect(exporter.dropped.queue_full).to.equal(20_000 - 512 - 4_096);
    const started = performance.now();
    await exporter.close(200);
    expect(performance.now() - started).to.be.below(1_000);
    const { queue_full, unavailable, refused } = exporter.dropped;
    expect([queue_full + unavailable, refused, exporter.exported]).to.deep.equal([20_000, 0, 0]);
  });

  it('says when a collector that was not there takes spans again', async () => {
    const { port } = collector;
    await collector.close();
    exporter.add([span('lost')]);
    await until(() => exporter.dropped.unavailable === 1);
    collector = await new Collector().listen(port);
    exporter.add([span('taken')]);
    await until(() => exporter.exported === 1);
    expect(lines.map(([level, message]) => [level, message])).to.deep.equal([
      ['warn', 'spans dropped: the collector does not take them'],
      ['info', 'the collector takes spans'],
    ]);
    expect(lines[0]?.[2]).to.include({ reason: 'unavailable', detail: 'ECONNREFUSED' });
  });

  it('sends nothing where there is nothing', async () => {
    await exporter.close(100);
    expect(collector.exports).to.deep.equal([]);
  });
});
