import { expect } from 'chai';
import { type Attempt, type Fault, type Found, judge } from '../../replicas/judge.js';

describe('the judge of replicas', () => {
  const attempt = (over: Partial<Attempt> = {}): Attempt => ({
    event: 'a',
    key: 'k',
    replica: 0,
    again: false,
    from: 1_000,
    to: 1_010,
    status: 200,
    said: 'accepted',
    place: 't-0@1',
    ...over,
  });
  const broken = (over: Partial<Attempt> = {}): Attempt => {
    const { status: _, said: __, place: ___, ...rest } = attempt();
    return { ...rest, ...over };
  };
  const record = (over: Partial<Found> = {}): Found => ({ event: 'a', place: 't-0@1', local: false, ...over });
  const kill: Fault = { kind: 'kill', replica: 0, from: 1_005, to: 2_000 };
  const two = [record(), record({ place: 't-0@2' })];

  it('finds nothing wrong with a record for each event', () => {
    const verdict = judge([attempt(), attempt({ replica: 1, said: 'duplicate' })], [record()], []);
    expect(verdict).to.deep.include({
      events: 1,
      attempts: 2,
      records: 1,
      missing: 0,
      extra: 0,
      unexplained: 0,
      misplaced: 0,
      outOfOrder: 0,
      refused: 0,
      answers: { accepted: 1, duplicate: 1 },
      wrong: [],
    });
  });

  it('misses the record of an event that was taken, and not of one that never was', () => {
    const verdict = judge([attempt(), attempt({ event: 'b', status: 503 })], [], []);
    expect(verdict).to.include({ missing: 1, events: 2 });
    expect(verdict.wrong[0]).to.match(/^missing: a: .*replica 0 200 accepted t-0@1; records: none$/);
  });

  it('cannot explain a second record where nothing was broken', () => {
    expect(judge([attempt()], two, [])).to.include({ extra: 1, unexplained: 1 });
    expect(judge([attempt({ replica: 1 })], two, [kill]), 'another replica').to.include({ unexplained: 1 });
    expect(judge([attempt()], two, [{ ...kill, from: 1_600 }]), 'afterwards').to.include({ unexplained: 1 });
    expect(judge([attempt()], two, [{ ...kill, kind: 'restart' }]), 'a restart').to.include({ unexplained: 1 });
  });

  it('explains one by a kill meanwhile, or just after the answer, and by what the record says', () => {
    const killed = judge([attempt()], two, [kill]);
    expect(killed).to.include({ extra: 1, unexplained: 0 });
    expect(killed.explained).to.deep.equal({ 'a replica was killed that had it in hand': 1 });
    expect(judge([attempt()], two, [{ ...kill, from: 1_400 }])).to.include({ unexplained: 0 });
    expect(judge([attempt()], [record(), record({ local: true })], [])).to.include({ unexplained: 0 });
    const three = [...two, record({ place: 't-0@3' })];
    expect(judge([attempt()], three, [kill]), 'two by one kill').to.include({ extra: 2, unexplained: 1 });
  });

  it('explains one by the kill of the replica that had spooled it and was sending it', () => {
    const { place: _, ...spooled } = attempt({ said: 'spooled' });
    const late = { ...kill, from: 60_000, to: 61_000 };
    const sentTwice = [record({ at: 59_900 }), record({ place: 't-0@2', at: 62_000 })];
    expect(judge([spooled], sentTwice, [late])).to.include({ unexplained: 0 });
    expect(judge([spooled], [record({ at: 5_000 }), record({ at: 5_100 })], [late])).to.include({ unexplained: 1 });
    expect(judge([attempt()], sentTwice, [late]), 'it was not spooled').to.include({ unexplained: 1 });
  });

  it('explains one by a Redis that has forgotten the event before it came again', () => {
    const lost: Fault = { kind: 'redis', from: 2_000, to: 3_000, lost: true };
    const again = attempt({ from: 4_000, to: 4_100 });
    expect(judge([attempt(), again], two, [lost])).to.include({ unexplained: 0 });
    expect(judge([attempt(), again], two, [{ ...lost, lost: false }])).to.include({ unexplained: 1 });
    expect(judge([attempt(), attempt()], two, [lost])).to.include({ unexplained: 1 });
  });

  it('explains one by a failover of Redis only in its last moments', () => {
    const failover: Fault = { kind: 'failover', from: 1_300, to: 3_000 };
    expect(judge([attempt()], two, [failover])).to.include({ unexplained: 0 });
    expect(judge([attempt()], two, [{ ...failover, from: 1_600 }])).to.include({ unexplained: 1 });
    const again = attempt({ again: true, from: 4_000, to: 4_010 });
    expect(judge([attempt(), again], two, [{ ...failover, from: 2_000 }])).to.include({ unexplained: 1 });
  });

  it('explains one by a replica that hung for longer than its claim stood', () => {
    const hang: Fault = { kind: 'hang', replica: 0, from: 1_005, to: 31_100 };
    expect(judge([attempt({ to: 21_000 })], two, [hang])).to.include({ unexplained: 0 });
    expect(judge([attempt({ to: 21_000 })], two, [{ ...hang, to: 30_000 }])).to.include({ unexplained: 1 });
  });

  it("finds an answer that names another event's record", () => {
    const other = record({ event: 'b', place: 't-0@2' });
    expect(judge([attempt({ place: 't-0@2' })], [record(), other], [])).to.include({ misplaced: 1 });
    expect(judge([attempt({ place: 't-0@9' })], [record()], [])).to.include({ misplaced: 1 });
  });

  it('finds an event in front of one of its key that was acknowledged before it', () => {
    const b = { event: 'b', from: 1_100, to: 1_110, place: 't-0@0' };
    const records = [record(), record({ event: 'b', place: 't-0@0' })];
    expect(judge([attempt(), attempt(b)], records, [])).to.include({ outOfOrder: 1 });
    expect(judge([attempt(), attempt({ ...b, key: 'other' })], records, [])).to.include({ outOfOrder: 0 });
    const { place: _, ...spooled } = attempt({ said: 'spooled' });
    expect(judge([spooled, attempt(b)], records, []), 'one was spooled').to.include({ outOfOrder: 0 });
    const elsewhere = [record(), record({ event: 'b', place: 't-1@0' })];
    expect(judge([attempt(), attempt({ ...b, place: 't-1@0' })], elsewhere, [])).to.include({ outOfOrder: 0 });
  });

  it('lets no request end without a 200 but where its replica, or the owner of its claim, was away', () => {
    expect(judge([broken()], [], [])).to.include({ refused: 1 });
    expect(judge([broken()], [], [kill])).to.include({ refused: 0 });
    expect(judge([broken({ replica: 1 })], [], [kill])).to.include({ refused: 1 });
    expect(judge([broken()], [], [{ ...kill, kind: 'restart' }])).to.include({ refused: 1 });
    const pending = attempt({ status: 503, said: 'duplicate_pending', replica: 1, from: 20_000, to: 22_000 });
    expect(judge([pending], [], [kill])).to.include({ refused: 0 });
    expect(judge([pending], [], [])).to.include({ refused: 1 });
    expect(judge([{ ...pending, said: 'kafka_unavailable' }], [], [kill])).to.include({ refused: 1 });
  });
});
