import { expect } from 'chai';
import type { DeliveryRow } from '../../../src/inspector/contract.js';
import { makeStages } from '../../../src/inspector/helper/stages.js';

const row: DeliveryRow = {
  id: 'd-1',
  at: '2026-01-01T00:00:00.000Z',
  endpoint: 'acme',
  path: '/webhooks/acme',
  provider: 'acme',
  outcome: 'accepted',
  status: 200,
  ms: 9,
  bodyMs: 2,
  bytes: 120,
  secret: 'current',
  address: '203.0.113.7',
  events: [
    { outcome: 'accepted', id: 'evt_1', type: 'paid', topic: 'webhooks.acme', key: 'k', partition: 3, offset: '7' },
  ],
};

/** `name decision`, and the detail of those that did not just pass. */
function told(over: Partial<DeliveryRow>): string[] {
  return makeStages({ ...row, ...over }, undefined).map(({ name, decision }) => `${name} ${decision}`);
}

describe('the stages of a delivery, without its record', () => {
  it('are all that it passed, with the times that are known', () => {
    expect(told({})).to.deep.equal(
      [
        ...['received', 'body', 'verify', 'decode', 'split', 'validate', 'identify', 'map', 'protect', 'dedupe'],
        ...['publish', 'answered'],
      ].map((name) => `${name} passed`),
    );
    const stages = makeStages(row, undefined);
    expect(stages.flatMap(({ at }) => at ?? [])).to.deep.equal([0, 2, 9]);
    expect(stages.find(({ name }) => name === 'publish')?.detail).to.equal('webhooks.acme/3@7');
  });

  it('end where it stopped', () => {
    const letter = { topic: 'webhooks.dlq', partition: 0, offset: '5' };
    const stopped = told({ outcome: 'dead_lettered', reason: 'schema_violation', events: [], letter });
    expect(stopped.slice(2)).to.deep.equal([
      ...['verify passed', 'decode passed', 'split passed', 'validate stopped', 'identify skipped', 'map skipped'],
      ...['protect skipped', 'dead_letter passed', 'answered passed'],
    ]);
  });

  it('say of what was not read that it was not', () => {
    const unread = { outcome: 'refused', events: [], bytes: 0 } as const;
    const { bodyMs: _, ...without } = row;
    const refused = makeStages({ ...without, ...unread, reason: 'path_unknown', status: 404 }, undefined);
    expect(refused.slice(0, 3).map(({ name, decision }) => `${name} ${decision}`)).to.deep.equal([
      ...['received stopped', 'body skipped', 'verify skipped'],
    ]);
    const slow = makeStages({ ...without, ...unread, reason: 'body_timeout', status: 408 }, undefined);
    expect(slow[1]).to.include({ name: 'body', decision: 'stopped' });
  });

  it('say of a repetition where the first one lies', () => {
    const [event] = row.events;
    if (event === undefined) throw new Error('no event');
    const stages = makeStages(
      { ...row, outcome: 'duplicate', events: [{ ...event, outcome: 'duplicate' }] },
      undefined,
    );
    expect(stages.find(({ name }) => name === 'dedupe')).to.include({
      decision: 'stopped',
      detail: 'paid evt_1 was published before: webhooks.acme/3@7',
    });
  });

  it('name the item of a batch that was rejected', () => {
    const rejected = { outcome: 'dead_lettered', reason: 'route_none', item: '/events/1' } as const;
    const stages = makeStages({ ...row, reason: 'route_none', events: [...row.events, rejected] }, undefined);
    expect(stages.find(({ item }) => item === '/events/1')).to.include({ name: 'map', decision: 'stopped' });
  });

  it('say of 503 what is not known', () => {
    expect(told({ outcome: 'unavailable', reason: 'kafka_unavailable', status: 503, events: [] })).to.include.members([
      ...['verify unknown', 'map unknown', 'publish stopped', 'answered passed'],
    ]);
  });
});
