import { expect } from 'chai';
import type { LetterJob } from '../../../../src/inspector/contract.js';
import {
  beginning,
  groupChanges,
  type Replay,
  reduceReplay,
  stillThere,
  toggle,
} from '../../../../src/inspector/pages/state/replay.js';

const job: LetterJob = {
  job: '1',
  kind: 'dry-run',
  state: 'running',
  startedAt: '2026-11-30T12:00:00.000Z',
  selected: 3,
  done: 1,
  replayed: 0,
  published: 0,
  duplicates: 0,
  topics: {},
  failing: 0,
  changes: [],
};
const told = (state: Replay, over: Partial<LetterJob>) =>
  reduceReplay(state, { type: 'told', job: { ...job, ...over } });

describe('a replay in the inspector', () => {
  it('is tried, asked for, and done', () => {
    const checking = told(beginning, {});
    const checked = told(checking, { state: 'done', done: 3 });
    const started = reduceReplay(checked, { type: 'start' });
    const replaying = told(started, { kind: 'replay' });
    const ended = told(replaying, { kind: 'replay', state: 'done' });
    expect([checking, checked, started, replaying, ended].map(({ step }) => step)).to.deep.equal([
      'checking',
      'checked',
      'replaying',
      'replaying',
      'ended',
    ]);
  });
  it('does not start before it was tried, nor twice', () => {
    expect(reduceReplay(beginning, { type: 'start' })).to.equal(beginning);
    const ended = told(beginning, { kind: 'replay', state: 'stopped' });
    expect(reduceReplay(ended, { type: 'start' })).to.equal(ended);
  });
  it('says why it failed', () => {
    expect(told(beginning, { state: 'failed', error: 'No connection.' })).to.deep.equal({
      step: 'failed',
      error: 'No connection.',
    });
    expect(told(beginning, { state: 'failed' })).to.deep.equal({
      step: 'failed',
      error: 'The gateway did not say why.',
    });
    expect(reduceReplay(beginning, { type: 'failed', error: 'x' })).to.deep.equal({ step: 'failed', error: 'x' });
  });
  it('letters that fare alike are one difference, the most first', () => {
    const fails = { before: 'a', now: 'b', detail: 'why' };
    const passes = { before: 'a', now: 'published' };
    const changes = [fails, passes, passes].map((change, index) => ({ id: String(index), ...change }));
    expect(groupChanges(changes)).to.deep.equal([
      { ...passes, count: 2 },
      { ...fails, count: 1 },
    ]);
  });
  it('what is selected and gone does not count', () => {
    const selected = toggle(toggle(toggle(new Set<string>(), 'a'), 'b'), 'c');
    expect(stillThere(toggle(selected, 'b'), ['b', 'c'])).to.deep.equal(['c']);
  });
});
