import { expect } from 'chai';
import { examineRunning, examineTraffic } from '../../../../src/cli/doctor/running.js';
import { describeFindings } from '../../../../src/cli/doctor.js';

describe('doctor: the gateway that runs', () => {
  const where = 'http://127.0.0.1:8001';
  const sound = { ready: true, spoolFull: false, spoolUnusable: false, dedupeUsable: true };
  const examine = (status: unknown) => examineRunning(where, async () => status);

  it('is well if it says so', async () => {
    expect(await examine(sound)).to.deep.equal([
      { id: 'running', status: 'ok', message: `the gateway at ${where} is ready` },
    ]);
    const { dedupeUsable: _, ...withoutWindow } = sound;
    expect((await examine(withoutWindow))[0]).to.include({ status: 'ok' });
  });

  for (const [change, message] of [
    [{ dedupeUsable: false }, /: it cannot read or write the dedupe window/],
    [{ dedupeStoreUsable: false }, /: it cannot use Redis/],
    [{ spoolUnusable: true }, /: it cannot use the spool/],
    [{ spoolFull: true }, /: its spool is full/],
  ] as const) {
    it(`says what it cannot do: ${JSON.stringify(change)}`, async () => {
      const [finding] = await examine({ ...sound, ...change });
      expect(finding).to.include({ id: 'running', status: 'fail' });
      expect(finding?.message).to.match(message);
    });
  }

  it('is not always ready', async () => {
    expect((await examine({ ...sound, ready: false }))[0]).to.include({ status: 'warn' });
  });

  it('is not a finding where none answers, or something else', async () => {
    expect(await examineRunning(where, () => Promise.reject(new Error('ECONNREFUSED')))).to.deep.equal([]);
    for (const other of [undefined, null, 'ready', {}, []]) expect(await examine(other)).to.deep.equal([]);
  });
});

describe('doctor, of what goes through a running gateway', () => {
  const now = Date.UTC(2026, 0, 2, 12);
  const at = (hoursAgo: number) => new Date(now - hoursAgo * 3_600_000).toISOString();

  it('says what waits and is parked, when events came, and which paths are nearly ours', () => {
    const lane = { topic: 't', open: false, bytes: 1 };
    const lanes = [
      { ...lane, records: 3, oldestSeconds: 90, parked: 0 },
      { ...lane, records: 4, oldestSeconds: 9, parked: 1 },
    ];
    const activity = {
      startedAt: at(30),
      endpoints: [
        { endpoint: 'stripe', lastEvent: at(3) },
        { endpoint: 'adyen' },
        { endpoint: 'old', lastEvent: at(25) },
      ],
      unknownPaths: [
        { path: '/webhook/stripe', count: 12, didYouMean: '/webhooks/stripe' },
        { path: '/.env', count: 1 },
      ],
    };
    const found = examineTraffic({ lanes }, activity, now);
    expect(found.map(({ id, status, message }) => `${status} ${id}: ${message}`)).to.deep.equal([
      'warn running.spool: 7 records wait on disk for Kafka, the oldest for 90 s',
      'warn running.parked: 1 records are parked: Kafka has refused them for good',
      'ok running.stripe: the last event came 3 h ago',
      'unknown running.adyen: no event since the start, 30 h ago',
      'unknown running.old: the last event came 25 h ago',
      'warn running.paths: 12 requests to /webhook/stripe',
    ]);
    expect(found.at(-1)?.hint).to.include('/webhooks/stripe');
  });

  it('says nothing of a version that tells nothing', () => {
    expect(examineTraffic(undefined, { error: 'not found' }, now)).to.deep.equal([]);
    expect(examineTraffic({ lanes: [] }, undefined, now)).to.deep.equal([]);
  });
});

describe('doctor, for people', () => {
  it('says once what several topics have in common', () => {
    const missing = ['a', 'b', 'c', 'd', 'e'].map((name) => ({
      ...({ id: `topic ${name}`, status: 'warn', message: "it isn't there", hint: 'create it' } as const),
    }));
    const text = describeFindings([...missing, { id: 'topic f', status: 'ok', message: 'fine' }]);
    expect(text.split('\n')).to.deep.equal([
      "warn    5 topics (a, b, c and 2 more): it isn't there",
      '        → create it',
      'ok      topic f: fine',
      '',
      '1 ok, 5 warnings, 0 failures, 0 unknown',
    ]);
  });
});
