import { expect } from 'chai';
import fc from 'fast-check';
import { PublishError } from '../../../src/core/model.js';
import { Rejection } from '../../../src/core/rejection.js';
import { createSieve, type DeliveryFilter } from '../../../src/inspector/filter.js';
import { answerQuestion, type RowsPart, type TailPart } from '../../../src/inspector/questions.js';
import { Recorder } from '../../../src/inspector/recorder.js';
import type { Seq } from '../../../src/inspector/seq.js';
import { endpoint } from '../../support/provider.js';
import { accepted, delivery, end, outcome, refused } from './support.js';

function list(recorder: Recorder, filter: DeliveryFilter = {}, limit = 1_000, before?: Seq): RowsPart {
  const answer = answerQuestion(recorder, { ask: 'rows', filter, limit, before });
  if (answer.ask !== 'rows') throw new Error(answer.ask);
  return answer;
}

function tail(recorder: Recorder, after: Seq, limit = 200): TailPart {
  const answer = answerQuestion(recorder, { ask: 'tail', filter: {}, limit, after });
  if (answer.ask !== 'tail') throw new Error(answer.ask);
  return answer;
}

describe('the recorder of deliveries', () => {
  it('tells of a webhook what the log and the answer tell', () => {
    const recorder = new Recorder();
    recorder.note(end());
    const [row] = list(recorder).rows;
    expect(row).to.deep.include({
      id: 'd-1',
      at: '1970-01-01T00:16:40.000Z',
      endpoint: 'acme',
      path: '/webhooks/acme',
      provider: 'acme',
      outcome: 'accepted',
      status: 200,
      bytes: 2,
      secret: 'current',
      address: '203.0.113.7',
      bodyMs: 1,
    });
    expect(row?.events).to.deep.equal([
      {
        outcome: 'accepted',
        id: 'evt_1',
        type: 'charge.paid',
        topic: 'webhooks.acme',
        key: 'cus_1',
        partition: 3,
        offset: '42',
      },
    ]);
  });

  it('tells of a batch what became of each item, and where the dead letter is', () => {
    const recorder = new Recorder();
    const rejected = [new Rejection('route_none', { item: '/items/1' })];
    const letter = { topic: 'webhooks.dead', spooled: true } as const;
    recorder.note(end({ outcome: outcome({ rejected, letter }) }));
    const [row] = list(recorder).rows;
    expect(row).to.deep.include({ outcome: 'accepted', reason: 'route_none', letter: { topic: 'webhooks.dead' } });
    expect(row?.events[1]).to.deep.equal({ outcome: 'dead_lettered', reason: 'route_none', item: '/items/1' });
  });

  it('lists twenty events of a batch, and counts the others', () => {
    const recorder = new Recorder();
    const many = Array.from({ length: 25 }, (_, index) => accepted({ id: `evt_${index}` }));
    recorder.note(end({ outcome: outcome({ accepted: many }) }));
    const [row] = list(recorder).rows;
    expect(row?.events).to.have.length(20);
    expect(row?.more).to.equal(5);
  });

  it('bounds the bytes of a row, whatever a provider sends', () => {
    const recorder = new Recorder();
    const long = '€'.repeat(100_000);
    const many = Array.from({ length: 200 }, () => accepted({ id: long, type: long, key: long }));
    for (let count = 0; count < 20; count++) recorder.note(end({ outcome: outcome({ accepted: many }) }));
    const [row] = list(recorder).rows;
    expect(row?.events[0]?.id).to.equal('€'.repeat(200));
    expect((row?.events.length ?? 0) + (row?.more ?? 0)).to.equal(200);
    expect(JSON.stringify(row).length).to.be.below(20_000);
  });

  it('tells of what was refused why, under an id of its own', () => {
    const recorder = new Recorder({ worker: 2 });
    recorder.note(refused('body_too_large'));
    recorder.note(refused('path_unknown', { endpoint: undefined, path: '/webhook/acme' }));
    const [second, first] = list(recorder).rows;
    expect(first).to.deep.include({
      outcome: 'refused',
      reason: 'body_too_large',
      status: 413,
      endpoint: 'acme',
      bytes: 0,
    });
    expect(second).to.deep.include({ outcome: 'refused', reason: 'path_unknown', endpoint: '', path: '/webhook/acme' });
    expect(first?.id).to.match(/^row-/).and.not.equal(second?.id);
    const answer = answerQuestion(recorder, { ask: 'row', id: first?.id ?? '' });
    expect('row' in answer && answer.row?.reason).to.equal('body_too_large');
  });

  it('tells 503, 500 and 401 apart', () => {
    const recorder = new Recorder();
    recorder.note(refused('kafka_unavailable'));
    recorder.note(end({ outcome: undefined, status: 500 }));
    const unproven = { accepted: [], rejected: [new Rejection('signature_mismatch')] };
    recorder.note(end({ outcome: unproven, status: 401 }));
    expect(list(recorder).rows.map((row) => row.outcome)).to.deep.equal(['unproven', 'error', 'unavailable']);
    expect(new PublishError('unavailable', 'x', 'y').kind).to.equal('unavailable');
  });

  it('keeps what was proven, however much comes that proves nothing', () => {
    const recorder = new Recorder();
    recorder.note(end());
    for (let count = 0; count < 5_000; count++)
      recorder.note(refused('path_unknown', { endpoint: undefined, path: `/x${count}` }));
    const { rows, kept } = list(recorder, { outcomes: ['accepted'] });
    expect(rows).to.have.length(1);
    expect(kept).to.equal(2_001);
  });

  it('gives a page after the other, the newest first', () => {
    const recorder = new Recorder();
    for (let count = 0; count < 5; count++) recorder.note(end({ delivery: delivery({ id: `d-${count}` }) }));
    const first = list(recorder, {}, 2);
    const second = list(recorder, {}, 2, first.rows.at(-1)?.place);
    expect([...first.rows, ...second.rows].map(({ id }) => id)).to.deep.equal(['d-4', 'd-3', 'd-2', 'd-1']);
    expect(second.times).to.have.length(5);
  });

  it('goes on where a reader was, and says how many were too many for him', () => {
    const recorder = new Recorder();
    recorder.note(end());
    const before = recorder.latest;
    expect(tail(recorder, before).rows).to.deep.equal([]);
    for (let count = 0; count < 5; count++) recorder.note(end({ delivery: delivery({ id: `d-${count}` }) }));
    const { rows, dropped, latest } = tail(recorder, before, 3);
    expect(rows.map(({ json }) => JSON.parse(json).id)).to.deep.equal(['d-2', 'd-3', 'd-4']);
    expect(dropped).to.equal(2);
    expect(tail(recorder, latest).rows).to.deep.equal([]);
  });

  it('finds the same as a search through the list of all rows', () => {
    const text = fc.constantFrom('a', 'ab', 'abc', 'b', 'charge.paid', 'charge.refunded', 'ä€', '\0\x01', 'row-');
    const codes = fc.constantFrom('path_unknown' as const, 'body_too_large' as const, 'signature_mismatch' as const);
    const taken = fc.record({ id: text, event: text, type: text, key: text, at: fc.integer({ min: 1, max: 50 }) });
    const step = fc.oneof(
      taken.map(({ id, event, type, key, at }) =>
        end({
          delivery: delivery({ id, receivedAt: at }),
          outcome: outcome({ accepted: [accepted({ id: event, type, key })] }),
        }),
      ),
      fc.tuple(codes, text).map(([code, path]) => refused(code, { endpoint: undefined, path, client: path })),
      codes.map((code) => refused(code, { endpoint: endpoint({ name: 'other', path: '/other' }) })),
    );
    const some = <T>(value: fc.Arbitrary<T>) =>
      fc.option(fc.array(value, { minLength: 1, maxLength: 2 }), { nil: undefined });
    const filter = fc.record({
      endpoints: some(fc.constantFrom('acme', '/other', 'other', '')),
      outcomes: some(fc.constantFrom('accepted', 'refused', 'unproven')),
      reasons: some(codes),
      types: some(fc.constantFrom('charge.*', '*', '*.paid', 'a*b', 'ab', 'a*')),
      q: fc.option(fc.oneof(text, fc.constantFrom('r', 'row', 'row-x', '/')), { nil: undefined }),
      from: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
      to: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 30 }),
        filter,
        (steps, { endpoints, outcomes, reasons, types, q, from, to }) => {
          const recorder = new Recorder();
          for (const each of steps) recorder.note(each);
          const wanted: DeliveryFilter = {
            ...(endpoints && { endpoints }),
            ...(outcomes && { outcomes }),
            ...(reasons && { reasons }),
            ...(types && { types }),
            ...(q !== undefined && { q }),
            ...(from !== undefined && { from }),
            ...(to !== undefined && { to }),
          };
          const { facts, row: fits = () => true } = createSieve(wanted);
          const searched = list(recorder).rows.filter((row) => {
            const { at, endpoint: name, path, outcome: word, reason = '' } = row;
            const known = { at: Date.parse(at), outcome: word, reason, endpoint: name, path: name === '' ? '' : path };
            return facts(known) && fits(row);
          });
          expect(list(recorder, wanted).rows).to.deep.equal(searched);
        },
      ),
    );
  });
});

describe('a filter of deliveries', () => {
  const match = (pattern: string, type: string) =>
    createSieve({ types: [pattern] }).row?.({
      id: '',
      at: '',
      endpoint: '',
      path: '',
      provider: '',
      outcome: 'accepted',
      status: 200,
      ms: 0,
      bytes: 0,
      events: [{ outcome: 'accepted', type }],
    });
  for (const [pattern, type, fits] of [
    ['charge.*', 'charge.paid', true],
    ['charge.*', 'discharge.paid', false],
    ['*.paid', 'charge.paid', true],
    ['*', '', true],
    ['a*a', 'a', false],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['charge.paid', 'charge.paid.late', false],
  ] as const) {
    it(`${pattern} ${fits ? 'takes' : 'leaves'} ${type || 'a type without a name'}`, () =>
      expect(match(pattern, type)).to.equal(fits));
  }
});
