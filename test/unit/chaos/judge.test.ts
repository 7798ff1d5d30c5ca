import { expect } from 'chai';
import { type Found, type History, judge } from '../../chaos/judge.js';
import type { Attempt, SentEvent } from '../../chaos/ledger.js';
import { createRandom } from '../../chaos/random.js';
import { type Crash, drawSchedule } from '../../chaos/schedule.js';

function attempt(result: string, startedAt = 0, connection = 1): Attempt {
  return { startedAt, endedAt: startedAt + 1, result, incarnation: 1, connection };
}

function sent(id: string, seq: number, ...attempts: Attempt[]): SentEvent {
  return { id, key: 'k', topic: 't', seq, digest: `bytes of ${id}`, dueAt: 0, attempts };
}

function found(id: string, offset: number, at = offset): Found {
  return { id, topic: 't', partition: 0, offset: BigInt(offset), at, digest: `bytes of ${id}` };
}

function rule(
  events: SentEvent[],
  records: Found[],
  { crashes = [], workers = 1, deletions = [], parked = new Set() }: Partial<History> = {},
  scope = (_: SentEvent) => '',
) {
  return judge(events, records, { crashes, workers, deletions, parked }, scope);
}

describe('the judge of chaos runs', () => {
  const accepted = attempt('accepted');

  it('has nothing against records that are there once and in order', () => {
    const verdict = rule([sent('a', 1, accepted), sent('b', 2, accepted)], [found('a', 0), found('b', 1)]);
    expect(verdict).to.deep.include({ acknowledged: 2, missing: [], outOfOrder: [], strange: [] });
    expect(verdict.duplicates.size).to.equal(0);
  });

  it('misses what was acknowledged, and only that', () => {
    const events = [
      sent('a', 1, accepted),
      sent('b', 2, attempt('503'), attempt('spooled')),
      sent('c', 3, attempt('503')),
    ];
    expect(rule(events, [])).to.deep.include({ acknowledged: 2, missing: ['a', 'b'] });
  });

  it('excuses what was sent before its topic was deleted, and nothing else', () => {
    const events = [
      sent('before', 1, attempt('accepted', 10)),
      sent('after', 2, attempt('503', 10), attempt('accepted', 21)),
      sent('twice', 3, attempt('ECONNRESET', 10), attempt('duplicate', 21)),
    ];
    const verdict = rule(events, [], { deletions: [{ topic: 't', goneAt: 20 }] });
    expect(verdict).to.deep.include({ deleted: ['before', 'twice'], missing: ['after'] });
    expect(rule(events, [], { deletions: [{ topic: 'other', goneAt: 20 }] }).missing).to.have.length(3);
  });

  it('takes other bytes for missing and strange', () => {
    const verdict = rule([sent('a', 1, accepted)], [{ ...found('a', 0), digest: 'other' }, found('x', 1)]);
    expect(verdict.missing).to.deep.equal(['a']);
    expect(verdict.strange).to.deep.equal(['a in t/0@0', 'x in t/0@1']);
  });

  it('judges order by first occurrences', () => {
    const events = [sent('a', 1, accepted), sent('b', 2, accepted)];
    expect(rule(events, [found('a', 0), found('b', 1), found('a', 2)]).outOfOrder).to.be.empty;
    expect(rule(events, [found('b', 0), found('a', 1)]).outOfOrder).to.have.length(1);
  });

  it('judges order within the scope', () => {
    const events = [sent('a', 1, attempt('accepted', 0, 1)), sent('b', 2, attempt('accepted', 0, 2))];
    const perConnection = ({ attempts }: SentEvent) => String(attempts[0]?.connection);
    expect(rule(events, [found('b', 0), found('a', 1)], {}, perConnection).outOfOrder).to.be.empty;
  });

  it('promises no order to what was parked', () => {
    const events = [sent('a', 1, attempt('spooled')), sent('b', 2, accepted), sent('c', 3, accepted)];
    const records = [found('b', 0), found('c', 1), found('a', 2)];
    expect(rule(events, records).outOfOrder).not.to.be.empty;
    expect(rule(events, records, { parked: new Set(['a']) }).outOfOrder).to.be.empty;
  });

  it('explains a second record by a crash in between, or by a second attempt', () => {
    const twice = [found('a', 0, 10), found('a', 1, 20)];
    const reasons = (event: SentEvent, crashes: Crash[] = []) => rule([event], twice, { crashes }).duplicates.get('a');
    expect(reasons(sent('a', 1, accepted))).to.equal(undefined);
    expect(reasons(sent('a', 1, accepted), [{ at: 30, what: 'worker' }])).to.equal(undefined);
    expect(reasons(sent('a', 1, accepted), [{ at: 15, what: 'worker' }])).to.contain('kill -9 of the worker');
    expect(reasons(sent('a', 1, attempt('503'), accepted))).to.equal('sent again after 503');
    expect(reasons(sent('a', 1, attempt('ECONNREFUSED'), accepted))).to.equal(undefined);
    expect(reasons(sent('a', 1, attempt('503'), attempt('duplicate')))).to.equal(undefined);
  });

  it('explains by a crash what one batch for each worker and partition holds, and no more', () => {
    const ids = Array.from({ length: 1_001 }, (_, n) => `e${n}`);
    const twice = (count: number, second = 10_000) =>
      ids.slice(0, count).flatMap((id, n) => [found(id, n, 10), found(id, second + n, 20)]);
    const events = ids.map((id, n) => sent(id, n, accepted));
    const countUnexplained = (records: Found[], history: Partial<History>) =>
      [...rule(events, records, history).duplicates.values()].filter((reason) => reason === undefined).length;
    const gateway: Crash[] = [{ at: 15, what: 'gateway' }];
    expect(countUnexplained(twice(1_000), { crashes: gateway })).to.equal(0);
    expect(countUnexplained(twice(1_001), { crashes: gateway })).to.equal(1_001);
    expect(countUnexplained(twice(1_001), { crashes: gateway, workers: 2 })).to.equal(0);
    expect(countUnexplained(twice(1_001), { crashes: [{ at: 15, what: 'worker' }], workers: 2 })).to.equal(1_001);
    const elsewhere = twice(1_001).map((record) => ({ ...record, partition: record.id === 'e0' ? 1 : 0 }));
    expect(countUnexplained(elsewhere, { crashes: gateway })).to.equal(0);
    expect(countUnexplained(twice(1), { crashes: [] })).to.equal(1);
  });
});

describe('the schedule of faults', () => {
  it('is the same for the same seed, and another for another', () => {
    const draw = (seed: number) => drawSchedule(createRandom(seed), 30);
    expect(draw(7)).to.deep.equal(draw(7));
    expect(draw(7)).not.to.deep.equal(draw(8));
    expect(new Set(draw(7).map(({ fault }) => fault.kind))).to.have.property('size', 22);
  });
});
