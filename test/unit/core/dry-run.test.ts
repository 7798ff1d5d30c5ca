import { expect } from 'chai';
import { assumeProven, dryRun } from '../../../src/core/dry-run.js';
import type { Trace } from '../../../src/core/trace.js';
import { delivery, endpoint, failing, provider, route } from '../../support/provider.js';

const options = { now: Date.UTC(2026, 0, 1), deadLetterTopic: 'webhooks.dlq' };
const batched = endpoint({ provider: provider({ items: '/list/*' }) });

describe('a dry run', () => {
  it('has the record and the fingerprint of every event, and says which ones the body has before', async () => {
    const list = ['a', 'b', 'a'].map((id) => ({ id, type: 'x' }));
    const { events, outcome, deadLetter } = await dryRun(batched, delivery({ list }), options);
    expect(events.map(({ event, repeated }) => [event.id, event.item.pointer, repeated])).to.deep.equal([
      ['a', '/list/0', false],
      ['b', '/list/1', false],
      ['a', '/list/2', true],
    ]);
    for (const { event, record, fingerprint } of events) {
      expect(record.headers).to.include({ ce_id: event.id, ce_digest: `sha-256=:${fingerprint.digest}:` });
      expect(fingerprint).to.include({ endpoint: batched.name, id: event.id, type: 'x' });
    }
    expect(outcome.rejected).to.deep.equal([]);
    expect(deadLetter).to.equal(undefined);
  });

  it('keeps the events of a batch apart from what would be its dead letter', async () => {
    const list = [{ id: 'a', type: 'x' }, 3, { id: 'b', type: 'x' }];
    const { events, outcome, deadLetter } = await dryRun(batched, delivery({ list }), options);
    expect(events.map(({ event }) => event.id)).to.deep.equal(['a', 'b']);
    expect(outcome.rejected.map(({ code, item }) => [code, item])).to.deep.equal([['event_unidentified', '/list/1']]);
    expect(deadLetter).to.deep.include({ topic: 'webhooks.dlq' });
  });

  it('gives the rejection of what would be refused', async () => {
    const { events, outcome, deadLetter } = await dryRun(
      endpoint(),
      { ...delivery({ id: 'a', type: 'x' }), method: 'PUT' },
      options,
    );
    expect([events, outcome.accepted, deadLetter]).to.deep.equal([[], [], undefined]);
    expect(outcome.rejected.map(({ code }) => code)).to.deep.equal(['method_not_allowed']);
  });

  it('takes for proven what is said to be', async () => {
    const forged = delivery({ id: 'a', type: 'x' }, { 'x-sig': ['nope'] });
    expect((await dryRun(endpoint(), forged, options)).events).to.deep.equal([]);
    const { events } = await dryRun(assumeProven(endpoint(), 'old'), forged, options);
    expect(events[0]?.record.headers.ce_secretname).to.equal('old');
  });

  it('tells a trace what is decided, in order, item by item', async () => {
    const told: string[] = [];
    const trace: Trace = {
      passed: (stage) => told.push(`passed ${stage}`),
      item: ({ pointer }) => told.push(`item ${pointer}`),
      condition: (of) => told.push(`condition of ${'check' in of ? of.name : of.topic}`),
      checked: ({ name }, errors) => told.push(`checked ${name}: ${errors.length}`),
      fact: (name) => told.push(`fact ${name}`),
      key: ({ topic }) => told.push(`key of ${topic}`),
    };
    const schemas = [
      { name: 'other', when: failing(), check: () => [] },
      { name: 'own', check: () => [] },
    ];
    const list = [{ id: 'a', type: 'x' }];
    const routes = [route('t', { key: failing() })];
    const at = endpoint({ provider: provider({ items: '/list/*', schemas: schemas.slice(1) }), routes });
    await dryRun(at, delivery({ list: [...list, ...list] }), { ...options, trace });
    const each = ['checked own: 0', 'fact id', 'fact type', 'key of t'];
    expect(told).to.deep.equal([
      'passed verify',
      'passed split',
      'item /list/0',
      ...each,
      'item /list/1',
      ...each,
      'passed map',
      'passed publish',
    ]);
    told.length = 0;
    const chosen = endpoint({ provider: provider({ schemas }) });
    await dryRun(chosen, delivery({ id: 'a', type: 'x' }), { ...options, trace });
    expect(told).to.deep.equal([
      'passed verify',
      'passed split',
      'item ',
      'condition of other',
      'passed map',
      'passed publish',
    ]);
  });
});
