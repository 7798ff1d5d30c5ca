import { expect } from 'chai';
import { compileCatalogue } from '../../../../src/config/plugins/event-types.js';
import { PublishError } from '../../../../src/core/model.js';
import { handle, type Ports } from '../../../../src/core/pipeline.js';
import { Rejection } from '../../../../src/core/rejection.js';
import { Histogram } from '../../../../src/server/telemetry/histogram.js';
import { Meter } from '../../../../src/server/telemetry/meter.js';
import {
  formatReadings,
  isCount,
  mergeReadings,
  metrics,
  type Reading,
} from '../../../../src/server/telemetry/metrics.js';
import { collectGauges, read } from '../../../../src/server/telemetry/observe.js';
import { noDedupe } from '../../../../src/storage/dedupe/open.js';
import { memoryPublisher } from '../../../support/memory-publisher.js';
import { delivery, endpoint, provider } from '../../../support/provider.js';

describe('the metrics', () => {
  function only(readings: readonly Reading[], metric: string): Record<string, number> {
    const own = readings.filter((reading) => reading.metric === metric);
    return Object.fromEntries(own.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
  }

  it('count what becomes of deliveries, and when a secret last proved one', async () => {
    const meter = new Meter();
    const ports: Ports = {
      publisher: meter.time(memoryPublisher()),
      dedupe: noDedupe,
      deadLetterTopic: 'webhooks.dlq',
      now: Date.now,
      mayKeepUnverified: () => true,
    };
    for (const [body, headers] of [
      [{ id: 'evt_1', type: 'paid' }, {}],
      [{ type: 'no id' }, {}],
      [{ id: 'evt_2', type: 'paid' }, { 'x-sig': ['00'] }],
    ] as const) {
      const made = delivery(body, { ...headers } as { [name: string]: string[] });
      meter.outcome(endpoint(), made, await handle(endpoint(), made, ports), performance.now());
    }
    meter.rejection(undefined, new Rejection('path_unknown'));
    meter.rejection('acme', new Rejection('overloaded'));
    meter.bug('acme');
    const readings = meter.readings();
    expect(only(readings, 'gateway_deliveries_total')).to.deep.equal({
      'acme accepted': 1,
      'acme dead_lettered': 1,
      'acme unproven': 1,
      'acme unavailable': 1,
      'acme error': 1,
      ' refused': 1,
    });
    expect(only(readings, 'gateway_rejections_total')).to.deep.equal({
      'acme event_unidentified': 1,
      'acme signature_mismatch': 1,
      'acme overloaded': 1,
      ' path_unknown': 1,
    });
    const at = Date.UTC(2026, 0, 2, 3, 4, 5) / 1000;
    expect(only(readings, 'gateway_secret_last_used_timestamp_seconds')).to.deep.equal({ 'acme current': at });
    expect(only(readings, 'gateway_last_event_timestamp_seconds')).to.deep.equal({ acme: at });
    const counts = readings.filter(({ part }) => part === 'count').map(({ metric, value }) => [metric, value]);
    expect(counts).to.deep.equal([
      ['gateway_request_seconds', 3],
      ['gateway_publish_seconds', 3],
    ]);
  });

  it('count published events of types that the list of the plugin lacks', async () => {
    const meter = new Meter();
    const ports: Ports = {
      publisher: memoryPublisher(),
      dedupe: noDedupe,
      deadLetterTopic: 'webhooks.dlq',
      now: Date.now,
      mayKeepUnverified: () => true,
    };
    const listed = endpoint({ provider: provider({ knowsType: compileCatalogue(new Set(['paid', 'order.*'])) }) });
    for (const target of [listed, endpoint({ name: 'no_list' })]) {
      for (const type of ['paid', 'order.custom', 'new.one', 'new.two']) {
        const made = delivery({ id: `evt_${type}`, type });
        meter.outcome(target, made, await handle(target, made, ports), performance.now());
      }
    }
    expect(only(meter.readings(), 'gateway_unknown_types_total')).to.deep.equal({ acme: 2 });
  });

  it('do not count a publish that failed as one that took long', async () => {
    const meter = new Meter();
    const publisher = memoryPublisher();
    publisher.fail = () => new PublishError('unavailable', 'CLOSED', 'closed');
    const record = { topic: 't', key: 'k', headers: {}, value: Buffer.alloc(0) };
    await meter
      .time(publisher)
      .publish(record)
      .catch(() => undefined);
    expect(meter.readings().find(({ part }) => part === 'count')?.value).to.equal(0);
  });

  it('are written as Prometheus reads them', () => {
    const histogram = new Histogram('gateway_request_seconds');
    for (const milliseconds of [0.5, 1, 3, 60_000]) histogram.observe(milliseconds);
    const text = formatReadings([read('gateway_lane_open', 1, { topic: 'a"b\\c\nd' }), ...histogram.readings()]);
    const lines = text.split('\n');
    expect(lines).to.include.members([
      '# TYPE gateway_request_seconds histogram',
      'gateway_request_seconds_bucket{le="0.001"} 2',
      'gateway_request_seconds_bucket{le="0.005"} 3',
      'gateway_request_seconds_bucket{le="10"} 3',
      'gateway_request_seconds_bucket{le="+Inf"} 4',
      'gateway_request_seconds_sum 60.0045',
      'gateway_request_seconds_count 4',
      '# TYPE gateway_lane_open gauge',
      'gateway_lane_open{topic="a\\"b\\\\c\\nd"} 1',
    ]);
    for (const line of lines.slice(0, -1)) {
      expect(line).to.match(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z]+="([^"\\\n]|\\["\\n])*",?)+\})? \S+)$/);
    }
    expect(text.endsWith('\n')).to.equal(true);
  });

  it('of several processes become one: sums, the worst, the latest', () => {
    const spool = (open: boolean, spooled: number, oldest: number, fullSince?: number) => ({
      bytes: 0,
      maxBytes: 1,
      damagedFiles: 0,
      ...(fullSince !== undefined && { fullSince }),
      lanes: [{ topic: 't', open, spooled, bytes: 10, refused: 2, oldest, parked: 1 }],
    });
    const queue = { records: 3, bytes: 40 };
    const connections = { open: 5, refused: { connections: 1 } };
    const server = { inFlight: 2, arriving: 3, connections };
    const common = { ...server, queue, connected: true, dedupeIds: 7, dedupeUsable: true, now: 10_000 };
    const merged = mergeReadings([
      collectGauges({ ...common, worker: 0, spool: spool(true, 0, 10_000) }),
      collectGauges({ ...common, worker: 1, spool: spool(false, 3, 4_000, 5_000), connected: false }),
    ]);
    const value = (metric: string) => merged.find((reading) => reading.metric === metric)?.value;
    expect({
      inFlight: value('gateway_in_flight'),
      open: value('gateway_lane_open'),
      ids: value('gateway_dedupe_ids'),
      spooled: value('gateway_spool_records'),
      oldest: value('gateway_spool_oldest_seconds'),
      full: value('gateway_spool_full'),
      parked: value('gateway_parked_records'),
      queued: value('gateway_queue_records'),
      bytes: value('gateway_queue_bytes'),
      refused: value('gateway_spool_refused_total'),
      connected: value('gateway_kafka_connected'),
    }).to.deep.equal({
      inFlight: 4,
      open: 0,
      ids: 7,
      spooled: 3,
      oldest: 6,
      full: 1,
      parked: 2,
      refused: 4,
      connected: 0,
      queued: 6,
      bytes: 80,
    });
    expect(merged.filter(({ metric }) => metric === 'process_resident_memory_bytes')).to.have.length(2);
    expect(merged.filter(isCount).every(({ metric }) => metrics[metric].type !== 'gauge')).to.equal(true);
  });

  it('name what they have, and have every label that they name', () => {
    const lane = { topic: 't', open: true, spooled: 0, bytes: 0, refused: 0, parked: 0 };
    const kafka = { queue: { records: 0, bytes: 0 }, spool: { lanes: [lane], bytes: 0, maxBytes: 1, damagedFiles: 0 } };
    const readings = collectGauges({
      ...kafka,
      inFlight: 0,
      arriving: 0,
      connections: { open: 0, refused: { connections: 0 } },
      connected: true,
      dedupeIds: 1,
      dedupeUsable: true,
      worker: 0,
      now: 0,
    });
    for (const { metric, labels } of readings) {
      expect(Object.keys(labels)).to.deep.equal([...metrics[metric].labels]);
    }
  });
});
