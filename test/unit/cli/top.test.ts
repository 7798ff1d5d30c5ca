import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import { formatRate } from '../../../src/cli/activity.js';
import { openScreen } from '../../../src/cli/screen.js';
import { describeTop, ratesBetween, type TopSnapshot } from '../../../src/cli/top.js';
import type { Status } from '../../../src/server/telemetry/status.js';

const at = Date.UTC(2026, 0, 2, 12);
const startedAt = new Date(at - 600_000).toISOString();

function endpoint(name: string, accepted: number): Status['endpoints'][number] {
  const reusedIds = { published: 0, duplicate: 0 };
  return { name, path: `/webhooks/${name}`, provider: name, secrets: [], deliveries: { accepted }, reusedIds };
}

function snapshot(seconds: number, accepted: number, more: Partial<Status> = {}): TopSnapshot {
  return {
    at: at + seconds * 1000,
    status: {
      version: '1.2.3',
      pid: 7,
      startedAt,
      ready: true,
      connected: true,
      inFlight: 2,
      spoolFull: false,
      spoolUnusable: false,
      spoolDamagedFiles: 0,
      workers: { ready: 1, of: 1 },
      lanes: [],
      config: { file: '/etc/gateway.yaml', digest: 'abc', loadedAt: startedAt },
      endpoints: [endpoint('adyen', 0), endpoint('stripe', accepted)],
      ...more,
    },
  };
}

describe('gateway top', () => {
  it('has the rate between two looks, and none of a gateway that was started in between', () => {
    expect(ratesBetween(undefined, snapshot(0, 5))).to.equal(undefined);
    expect(ratesBetween(snapshot(0, 5), snapshot(2, 25))?.get('stripe')).to.equal(10);
    expect(ratesBetween(snapshot(0, 5), snapshot(2, 1, { startedAt: 'later' }))).to.equal(undefined);
  });

  it('shows the busiest endpoint first, with its outcomes and what waits', () => {
    const minutes = [...Array(59).fill({}), { accepted: 1200, dead_lettered: 3 }];
    const stripe = {
      endpoint: 'stripe',
      path: '',
      provider: 'stripe',
      minutes,
      rate1m: 20,
      p50: 1.25,
      p99: 48,
      secretLastUsed: {},
    };
    const activity = { startedAt, at: startedAt, endpoints: [stripe], unknownPaths: [], unknownRequests: 0 };
    const topics = new Map([['stripe', new Set(['t'])]]);
    const lanes = [{ topic: 't', open: false, records: 7, bytes: 1, oldestSeconds: 9, parked: 1 }];
    const now = { ...snapshot(1, 1203, { lanes, connected: false }), activity, topics };
    const lines = describeTop(now, snapshot(0, 1193), undefined).split('\n');
    expect(lines[0]).to.match(
      /^ready {2}version 1\.2\.3 {2}up 10 min {2}1 of 1 workers {2}configuration abc {2}12:00:01Z$/,
    );
    expect(lines[1]).to.equal(
      '10.0/s now  2 in flight  NO CONNECTION TO KAFKA  lag 7 records, the oldest for 9 s  parked 1',
    );
    expect(lines[4]).to.match(/^stripe +10\.0 +20\.0 +4\.0 +1\.3 ms +48 ms +- +7 +accepted 1,200, dead_lettered 3$/);
    expect(lines[5]).to.match(/^adyen +0 /);
    const narrow = describeTop(now, snapshot(0, 1193), 80).split('\n').slice(3);
    expect(Math.max(...narrow.map(({ length }) => length))).to.be.at.most(80);
  });

  it('writes rates so that small ones are seen', () => {
    expect([0, 0.004, 0.05, 3.44, 99.94, 1234.4].map(formatRate)).to.deep.equal([
      '0',
      '0.004',
      '0.05',
      '3.4',
      '99.9',
      '1,234',
    ]);
  });
});

describe('cli/screen', () => {
  class Terminal extends EventEmitter {
    readonly isTTY = true;
    readonly rows = 4;
    raw = false;
    written = '';
    setRawMode(raw: boolean): void {
      this.raw = raw;
    }
    write(text: string): void {
      this.written += text;
    }
    resume(): void {}
    pause(): void {}
  }

  it('takes the terminal, redraws when it is resized, ends with q, and leaves it as it was', () => {
    const terminal = new Terminal();
    const screen = openScreen(terminal, terminal);
    let drawn = 0;
    screen.onResize(() => drawn++);
    screen.draw('1\n2\n3\n4\n5');
    expect(terminal.written.endsWith('3\u001b[K\u001b[J')).to.equal(true);
    terminal.emit('resize');
    expect([drawn, terminal.raw]).to.deep.equal([1, true]);
    // An arrow is no Escape.
    terminal.emit('data', Buffer.from('\u001b[A'));
    expect(screen.quit.aborted).to.equal(false);
    terminal.emit('data', Buffer.from('q'));
    expect(screen.quit.aborted).to.equal(true);
    screen.close();
    terminal.emit('resize');
    expect([drawn, terminal.raw]).to.deep.equal([1, false]);
    expect(terminal.written.endsWith('\u001b[?25h\u001b[?1049l')).to.equal(true);
  });
});
