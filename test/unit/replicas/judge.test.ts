import { expect } from 'chai';
import { type Attempt, type Fault, type Found, judge } from '../../replicas/judge.js';

describe('the judge of replicas', () => {
  const attempt = (over: Partial<Attempt> = {}): Attempt => ({
    event: 'a',
    replica: 0,
    from: 100,
    to: 110,
    status: 200,
    said: 'accepted',
    place: 't-0@1',
    ...over,
  });
  const record = (over: Partial<Found> = {}): Found => ({ event: 'a', place: 't-0@1', local: false, ...over });
  const kill: Fault = { kind: 'kill', replica: 0, from: 105, to: 200 };

  it('finds nothing wrong with a record for each event', () => {
    expect(judge([attempt(), attempt({ replica: 1, said: 'duplicate' })], [record()], [])).to.deep.include({
      events: 1,
      attempts: 2,
      records: 1,
      missing: 0,
      extra: 0,
      unexplained: 0,
      misplaced: 0,
      answers: { accepted: 1, duplicate: 1 },
    });
  });

  it('misses the record of an event that was taken, and not of one that never was', () => {
    expect(judge([attempt(), attempt({ event: 'b', status: 503 })], [], [])).to.include({ missing: 1, events: 2 });
  });

  it('cannot explain a second record where nothing was broken', () => {
    const two = [record(), record({ place: 't-0@2' })];
    expect(judge([attempt()], two, [])).to.include({ extra: 1, unexplained: 1 });
    expect(judge([attempt({ replica: 1 })], two, [kill]), 'another replica').to.include({ unexplained: 1 });
    expect(judge([attempt({ to: 104 })], two, [kill]), 'before').to.include({ unexplained: 1 });
  });

  it('explains one by a kill meanwhile, and by what the record says', () => {
    expect(judge([attempt()], [record(), record()], [kill])).to.include({ ofKills: 1, unexplained: 0 });
    expect(judge([attempt()], [record(), record({ local: true })], [])).to.include({ ofRedis: 1, unexplained: 0 });
  });

  it('explains one by a Redis that has forgotten the event before it came again', () => {
    const lost: Fault = { kind: 'redis', from: 200, to: 300, lost: true };
    const again = attempt({ from: 400, to: 410 });
    const two = [record(), record()];
    expect(judge([attempt(), again], two, [lost])).to.include({ ofRedis: 1, unexplained: 0 });
    expect(judge([attempt(), again], two, [{ ...lost, lost: false }])).to.include({ unexplained: 1 });
    expect(judge([attempt(), attempt()], two, [lost])).to.include({ unexplained: 1 });
  });

  it("finds an answer that names another event's record", () => {
    const other = record({ event: 'b', place: 't-0@2' });
    expect(judge([attempt({ place: 't-0@2' })], [record(), other], [])).to.include({ misplaced: 1 });
    expect(judge([attempt({ place: 't-0@9' })], [record()], [])).to.include({ misplaced: 1 });
  });
});
