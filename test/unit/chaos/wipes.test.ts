import { expect } from 'chai';
import type { SentEvent } from '../../chaos/ledger.js';
import type { Crash } from '../../chaos/schedule.js';
import { findWiped } from '../../chaos/wipes.js';

function sent(id: string, result: string, endedAt: number): SentEvent {
  const attempts = [{ startedAt: endedAt - 1, endedAt, result, incarnation: 1, connection: 1 }];
  return { id, key: 'k', topic: 't', seq: 1, digest: '', dueAt: 0, attempts };
}

describe('what went with a deleted spool folder', () => {
  const events = [
    ...[sent('spooled', 'spooled', 70), sent('direct', 'accepted', 90), sent('later', 'spooled', 101)],
    ...[sent('letter', 'dead_lettered', 90), sent('direct letter', 'dead_lettered', 79)],
  ];
  const missing = events.map(({ id }) => id);
  const wipes = [{ from: 80, at: 100 }];

  function find(...crashes: Crash[]): string[] {
    return [...findWiped(missing, events, { crashes, wipes })];
  }

  it('is what was spooled before, where a crash came at once', () => {
    expect(find({ at: 600, what: 'worker' })).to.deep.equal(['spooled', 'letter']);
  });

  it('is nothing where the gateway had the time to write it again', () => {
    expect(find()).to.deep.equal([]);
    expect(find({ at: 99, what: 'gateway' })).to.deep.equal([]);
    expect(find({ at: 5_101, what: 'gateway' })).to.deep.equal([]);
  });

  it('is nothing that is there', () => {
    expect([...findWiped([], events, { crashes: [{ at: 600, what: 'gateway' }], wipes })]).to.deep.equal([]);
  });
});
