import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readTopics } from '../../src/publish/read.js';
import { parseTraceparent } from '../../src/server/telemetry/trace-context.js';
import { Collector, until } from '../support/collector.js';
import { Cli } from './cli.js';
import { configOf, type Started, start } from './running.js';
import { postStripe } from './stripe.js';

for (const workers of [1, 2]) {
  describe(`the telemetry of a gateway with ${workers} of its processes`, () => {
    let collector: Collector;
    let gateway: Started;

    before(async () => {
      collector = await new Collector().listen();
      const config = configOf(workers)
        .replace(/^endpoints:/m, `telemetry: { otlp: { endpoint: "${collector.url}", serviceName: of-the-test } }\n$&`)
        .replace(
          /^( +)path: \/webhooks\/stripe$/m,
          '$&\n$1expect: [{ every: 3s }, { events: [payout.*], every: 26h }]',
        );
      gateway = await start(config);
    });
    after(async () => {
      gateway.cli.kill('SIGKILL');
      await gateway.cli.ended();
      gateway.directory.remove();
      await collector.close();
    });

    async function status(): Promise<string> {
      return (await new Cli(gateway.directory.path, ['status', '--url', gateway.adminUrl]).ended()).stdout;
    }

    it('exports from each process the spans of its deliveries', async () => {
      const instances = () => new Set(collector.exports.map(({ resource }) => resource['service.instance.id']));
      let sent = 0;
      while (instances().size < workers && sent < 500) await postStripe(gateway.url, `evt_${sent++}`);
      await until(() => collector.spans.length === 2 * sent);
      expect(instances().size).to.equal(workers);
      expect(new Set(collector.exports.map(({ resource }) => resource['service.name']))).to.deep.equal(
        new Set(['of-the-test']),
      );
      const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
      expect(metrics).to.match(new RegExp(`^gateway_spans_exported_total ${2 * sent}$`, 'm'));
      expect(metrics).to.match(/^gateway_spans_dropped_total\{reason="queue_full"\} 0$/m);
      const dir = join(gateway.directory.path, 'data/log');
      const producers = new Set(collector.spans.filter(({ kind }) => kind === 4).map(({ spanId }) => spanId));
      let records = 0;
      for await (const { headers } of readTopics({ kind: 'embedded', dir }, ['webhooks.stripe.charge'], {
        from: 'beginning',
        until: 'end',
      })) {
        records++;
        expect(producers.has(parseTraceparent(headers.traceparent ?? '')?.spanId ?? '')).to.equal(true);
      }
      expect(records).to.equal(sent);
    });

    it('says when no events come, of all processes together', async () => {
      let text = '';
      while (!text.includes('NO EVENTS')) text = await status();
      expect(text).to.match(/^stripe: NO EVENTS for \d+ s: overdue after 3 s$/m);
      expect(text).to.match(/^stripe: events payout\.\*: the last \d+ s ago, overdue after 26 h$/m);
      const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
      expect(metrics).to.include('gateway_expected_events_overdue{endpoint="stripe",events="*"} 1\n');
      expect(metrics).to.include('gateway_expected_events_overdue{endpoint="stripe",events="payout.*"} 0\n');
      expect(metrics).to.include('gateway_expected_events_limit_seconds{endpoint="stripe",events="payout.*"} 93600\n');
      await gateway.cli.logs(/expected events do not come/);
      // Each event goes to one process only.
      await postStripe(gateway.url, 'evt_again');
      const answer = await (await fetch(`${gateway.adminUrl}/status`)).json();
      expect(answer).to.have.nested.property('endpoints[0].expected[0].overdue', false);
      expect(answer).to.have.nested.property('endpoints[0].expected[0].limitSeconds', 3);
      await gateway.cli.logs(/expected events come again/);
    });

    it('sends what waits, and writes down when the last events came, before it ends', async () => {
      const before = collector.spans.length;
      await postStripe(gateway.url, 'evt_last');
      gateway.cli.kill('SIGTERM');
      expect((await gateway.cli.ended()).code).to.equal(0);
      await until(() => collector.spans.length >= before + 2);
      const text = readFileSync(join(gateway.directory.path, 'data/log/dedupe/last-events'), 'utf8');
      const last: unknown = Number(/"stripe \*":\{"since":\d+,"gaps":\{\},"last":(\d+)/.exec(text)?.[1]);
      expect(last).to.be.within(Date.now() - 60_000, Date.now());
    });
  });
}
