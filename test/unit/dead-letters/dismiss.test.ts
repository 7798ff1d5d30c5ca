import { expect } from 'chai';
import type { KafkaRecord } from '../../../src/core/model.js';
import { dismiss, makeDismissal, readDismissal } from '../../../src/dead-letters/dismiss.js';
import type { DeadLetter } from '../../../src/dead-letters/letter.js';
import { groupKey, groupLetters } from '../../../src/dead-letters/summary.js';
import { expectRecord } from './contract.js';
import { deadLetterTopic, World } from './world.js';

function letter(index: number, over: Partial<DeadLetter> = {}): DeadLetter {
  const id = `6f9619ff-8b86-4d01-b42d-${String(index).padStart(12, '0')}`;
  return {
    id,
    topic: deadLetterTopic,
    partition: 0,
    offset: BigInt(index),
    receivedAt: index,
    endpoint: 'acme',
    path: '/webhooks/acme',
    reason: 'schema_violation',
    verified: true,
    errors: [],
    bytes: 2,
    ...over,
  };
}

function fault(pointer: string): DeadLetter['errors'] {
  return [{ code: 'schema_violation', stage: 'validate', errors: [{ pointer, message: 'must be a number' }] }];
}

describe('dead-letters/dismiss', () => {
  it('writes a record that keeps the contract, and reads it again', () => {
    const record = makeDismissal(letter(1), Date.UTC(2026, 0, 2), 'a scanner');
    const stored = { ...record, partition: 0, offset: 5n, timestamp: 0 };
    expectRecord(stored);
    expect(readDismissal(stored)).to.deep.equal({ letter: letter(1).id, at: Date.UTC(2026, 0, 2), note: 'a scanner' });
    expect(readDismissal({ ...stored, headers: { ...record.headers, ce_type: 'webhook.dead_letter' } })).to.equal(
      undefined,
    );
  });

  it('closes a letter in the ledger, wherever its record lies', async () => {
    const world = new World();
    const publish = async (record: KafkaRecord) => world.write(record);
    const publisher = { publish, ready: () => true, connected: () => true, close: async () => undefined };
    const many = Array.from({ length: 1200 }, (_, index) => letter(index));
    await dismiss(many.slice(1), publisher, { now: 5 });
    const ledger = world.ledger();
    expect([ledger.isOpen(letter(0).id), ledger.isOpen(letter(1).id)]).to.deep.equal([true, false]);
    expect(ledger.dismissal(letter(1199).id)).to.deep.equal({ letter: letter(1199).id, at: 5 });
    expect(ledger.isDone(letter(1).id)).to.equal(false);
  });
});

describe('dead-letters/summary', () => {
  it('groups by endpoint, reason and place, elements of lists as one, the largest first', () => {
    const letters = [
      letter(1, { reason: 'route_none' }),
      letter(2, { errors: fault('/items/0/amount') }),
      letter(3, { errors: fault('/items/17/amount'), verified: false }),
      letter(4, { errors: fault('/items/0/amount'), endpoint: 'other' }),
    ];
    const groups = groupLetters(letters);
    expect(groups.map(({ endpoint, reason, pointer, count }) => [endpoint, reason, pointer, count])).to.deep.equal([
      ['acme', 'schema_violation', '/items/*/amount', 2],
      ['other', 'schema_violation', '/items/*/amount', 1],
      ['acme', 'route_none', undefined, 1],
    ]);
    expect(groups[0]).to.include({
      first: 2,
      last: 3,
      sample: letter(3).id,
      unverified: 1,
      message: 'must be a number',
    });
    expect(groups.map(({ key }) => key)).to.include(groupKey(letter(9, { reason: 'route_none' })));
  });
});
