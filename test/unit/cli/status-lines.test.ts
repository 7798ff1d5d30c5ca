import { expect } from 'chai';
import { describeStatus } from '../../../src/cli/status-lines.js';
import type { Activity } from '../../../src/inspector/contract.js';
import type { LaneReport, Status } from '../../../src/server/telemetry/status.js';

const now = Date.UTC(2026, 0, 2, 12);
const at = (secondsAgo: number) => new Date(now - secondsAgo * 1000).toISOString();

const well: Status = {
  version: '1.2.3',
  pid: 7,
  startedAt: at(600),
  ready: true,
  connected: true,
  inFlight: 0,
  spoolFull: false,
  spoolUnusable: false,
  spoolDamagedFiles: 0,
  workers: { ready: 2, of: 2 },
  config: { file: '/etc/gateway.yaml', digest: 'abc', loadedAt: at(300) },
  endpoints: [
    {
      name: 'stripe',
      path: '/webhooks/stripe',
      provider: 'stripe',
      deliveries: { accepted: 5 },
      reusedIds: { published: 0, duplicate: 0 },
      secrets: [
        { name: 'current', lastUsed: at(4) },
        { name: 'previous', lastUsed: at(3 * 3600), expires: at(-3600) },
        { name: 'older', expires: at(60) },
        { name: 'next', notBefore: at(-60) },
      ],
    },
  ],
  queue: { records: 0, bytes: 0 },
  lanes: [lane('webhooks.stripe.charge')],
};

function lane(topic: string, more: Partial<LaneReport> = {}): LaneReport {
  return { topic, open: true, records: 0, bytes: 0, oldestSeconds: 0, parked: 0, ...more };
}

describe('what gateway status says', () => {
  it('of a gateway that is well', () => {
    expect(describeStatus(well, { now }).split('\n')).to.deep.equal([
      'ready: version 1.2.3, process 7, up 10 min, 2 of 2 workers, 0 in flight',
      'configuration abc of /etc/gateway.yaml, loaded 5 min ago',
      'lag: none',
      '',
      'ENDPOINT  PATH              SECRETS                                                                                                        DELIVERIES',
      'stripe    /webhooks/stripe  current: used 4 s ago, previous: used 3 h ago, older: expired, not used since the start, next: not active yet  accepted 5',
      '',
      '1 of 1 lanes are open, and nothing waits in them',
    ]);
    expect(describeStatus(well, { now, all: true }).split('\n').slice(-2)).to.deep.equal([
      'TOPIC                   LANE  SPOOLED  SIZE     OLDEST  PARKED',
      'webhooks.stripe.charge  open  0        0.0 KiB  -       0',
    ]);
  });

  it('of events that are expected', () => {
    const expected = [
      { events: '*', last: at(2400), limitSeconds: 900, overdue: true },
      { events: 'payout.*', last: at(3600), limitSeconds: 93_600, overdue: false },
      { events: 'charge.*,refund.*', last: at(60), overdue: false },
    ];
    const endpoints = well.endpoints.map((endpoint) => ({ ...endpoint, expected }));
    expect(
      describeStatus({ ...well, endpoints }, { now })
        .split('\n')
        .slice(3, 6),
    ).to.deep.equal([
      'stripe: NO EVENTS for 40 min: overdue after 15 min',
      'stripe: events payout.*: the last 60 min ago, overdue after 26 h',
      'stripe: events charge.*,refund.*: how often they come is being learned, the last 60 s ago',
    ]);
  });

  it('of its rates, last events and unknown paths, where it tells them', () => {
    const minutes = [...Array(54).fill({}), ...Array(5).fill({ accepted: 60 }), { accepted: 3 }];
    const activity: Activity = {
      startedAt: at(600),
      at: at(0),
      unknownRequests: 20,
      endpoints: [
        {
          endpoint: 'stripe',
          path: '/webhooks/stripe',
          provider: 'stripe',
          minutes,
          rate1m: 0.95,
          lastEvent: at(2),
          secretLastUsed: {},
        },
      ],
      unknownPaths: [
        { path: '/webhook/stripe', count: 12, last: at(3), didYouMean: '/webhooks/stripe' },
        { path: '/.env', count: 5, last: at(60) },
      ],
    };
    const text = describeStatus(well, { now, activity });
    expect(text).to.include(
      'UNKNOWN PATH: 12 requests to /webhook/stripe, the last 3 s ago: did you mean /webhooks/stripe?\n',
    );
    expect(text).to.include('8 requests to other paths that no endpoint has, /.env for one, the last 60 s ago\n');
    expect(text).to.match(/^ENDPOINT +PATH +1M \/ 5M PER S +LAST EVENT +SECRETS/m);
    expect(text).to.match(/^stripe +\/webhooks\/stripe +0\.9 \/ 1\.0 +2 s ago /m);
  });

  it('within the width of a terminal, whatever it says', () => {
    const activity: Activity = {
      startedAt: at(600),
      at: at(0),
      unknownRequests: 12_345,
      endpoints: [],
      unknownPaths: [
        { path: `/${'webhook/'.repeat(9)}stripe`, count: 12_000, last: at(3), didYouMean: '/webhooks/stripe' },
        { path: `/${'x'.repeat(79)}`, count: 5, last: at(60) },
      ],
    };
    const config = {
      ...well.config,
      file: `/etc/${'gateway/'.repeat(20)}gateway.yaml`,
      lastError: 'No endpoint. '.repeat(20),
    };
    const status = { ...well, connected: false, spoolUnusable: true, dedupeUsable: false, config };
    for (const width of [80, 100, 200]) {
      const lines = describeStatus(status, { now, activity, width }).split('\n');
      expect(Math.max(...lines.map(({ length }) => length)), String(width)).to.be.at.most(width);
      const text = lines.join(' ').replace(/ +/g, ' ');
      expect(text).to.include('did you mean /webhooks/stripe?');
      expect(text).to.include('THE SPOOL CANNOT BE USED: without Kafka, webhooks are answered with 503; see the log');
    }
  });

  it('of one without Kafka: what waits where, and since when', () => {
    const lanes = [
      lane('a', { open: false, records: 300, bytes: 46_080, oldestSeconds: 200, parked: 2 }),
      lane('b', { open: false, records: 1, bytes: 1024, oldestSeconds: 9, parked: 1 }),
      lane('c'),
    ];
    const lines = describeStatus(
      { ...well, ready: false, connected: false, spoolFull: true, queue: { records: 1, bytes: 512 }, lanes },
      { now },
    ).split('\n');
    expect(lines[0]).to.match(/^NOT READY: /);
    expect(lines.slice(2, 6)).to.deep.equal([
      'NO CONNECTION TO KAFKA',
      'THE SPOOL IS FULL: webhooks are answered with 503',
      '3 PARKED: see gateway spool list',
      'lag: 301 records (46.0 KiB) on disk, the oldest for 3 min, 1 record (0.5 KiB) in memory',
    ]);
    expect(lines.slice(-4)).to.deep.equal([
      'TOPIC  LANE    SPOOLED  SIZE      OLDEST  PARKED',
      'a      closed  300      45.0 KiB  3 min   2',
      'b      closed  1        1.0 KiB   9 s     1',
      '1 of 3 lanes are open, and nothing waits in them',
    ]);
  });

  it('of one whose spool is empty while Kafka is slow', () => {
    const status = { ...well, queue: { records: 20, bytes: 2048 } };
    expect(describeStatus(status, { now })).to.include('lag: nothing waits on disk, 20 records (2.0 KiB) in memory\n');
  });

  it('of one with the embedded log: no lag, no lanes', () => {
    const { queue: _, ...rest } = well;
    const text = describeStatus({ ...rest, lanes: [] }, { now });
    expect(text).not.to.match(/lag|LANE/);
  });
});
