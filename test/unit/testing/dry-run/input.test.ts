import { expect } from 'chai';
import { recordToJson } from '../../../../src/cli/record-line.js';
import { fromRecord } from '../../../../src/testing/dry-run/from-record.js';
import { parseInput, readRecorded } from '../../../../src/testing/dry-run/input.js';
import { dryRunRequest } from '../../../../src/testing/dry-run/request.js';
import { writeJson } from '../../../../src/util/json/write.js';
import { delivery, endpoint, provider, rule } from '../../../support/provider.js';

const options = { now: Date.UTC(2026, 0, 1), largest: 10_000, deadLetterTopic: 'dlq' };

function given(value: unknown) {
  return parseInput(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
}

function lineOf(record: { topic: string; key: string; headers: { readonly [name: string]: string }; value: Buffer }) {
  return JSON.stringify(recordToJson({ ...record, partition: 0, offset: 7n, timestamp: 0 }));
}

describe('what explain is given', () => {
  it('is told apart by its form', () => {
    expect(given({ id: 'evt_1', payload: {} })).to.include({ kind: 'body' });
    expect(given('a=1&b=2')).to.include({ kind: 'body' });
    expect(given({ source: 'https://x', payload: { a: 1 } })).to.deep.include({ kind: 'example', payload: { a: 1 } });
    expect(given('POST / HTTP/1.1\nA: b\n\n{}')).to.include({ kind: 'request' });
    expect(given({ headers: {}, body: '{}' })).to.include({ kind: 'request' });
    // A payload may have such members, too.
    expect(given({ headers: {}, body: { text: 'an e-mail' } })).to.include({ kind: 'body' });
  });

  it('is an example with the digits of its numbers', () => {
    const example = given('{"payload":{"id":820982911946154508,"amount":10.00}}');
    expect(example.kind === 'example' && writeJson(example.payload)).to.equal(
      '{"id":820982911946154508,"amount":10.00}',
    );
    const line = '{"topic":"t","key":"k","headers":{"ce_id":"a"},"value":"1.0","partition":1.0,"offset":12}';
    expect(given(line)).to.deep.include({ kind: 'record' });
  });

  it('is records and requests, a line each', () => {
    const line = lineOf({ topic: 't', key: 'k', headers: { ce_id: 'a' }, value: Buffer.from([0xff]) });
    const read = readRecorded(Buffer.from(`${line}\n\n${JSON.stringify({ headers: {}, body: '' })}\n`));
    expect(read.map(({ kind }) => kind)).to.deep.equal(['record', 'request']);
    expect(read[0]).to.deep.include({
      record: { topic: 't', key: 'k', headers: { ce_id: 'a' }, value: Buffer.from([0xff]), partition: 0, offset: '7' },
    });
    expect(() => readRecorded(Buffer.from(`${line}\n{"id":1}`))).to.throw('line 2 is neither');
  });

  async function publishedBy(at: ReturnType<typeof endpoint>, body: unknown, headers = {}) {
    const { published, deadLetter } = await dryRunRequest(at, delivery(body, headers), options);
    return { records: published.map(({ record }) => record), deadLetter };
  }

  it('gives the same record again, also of an item of a batch', async () => {
    for (const at of [endpoint(), endpoint({ provider: provider({ items: '/*' }) })]) {
      const events = [
        { id: 'a', type: 'x' },
        { id: 'b', type: 'x' },
      ];
      const { records } = await publishedBy(at, at.provider.items === undefined ? events[0] : events);
      for (const record of records) {
        const again = fromRecord(record, at, 0);
        const { published } = await dryRunRequest(again.endpoint, again.delivery, { ...options, now: again.now });
        expect(published[0]?.record).to.deep.equal(record);
      }
    }
  });

  it('takes what was read from request headers from the record', async () => {
    const byHeader = {
      ...rule(() => undefined),
      headers: ['x-type'],
      evaluate: (_: unknown, { headers }: { headers: { [name: string]: string } }) => headers['x-type'],
    };
    const at = endpoint({ provider: provider({ event: { id: rule((input) => input.id), type: byHeader } }) });
    const { records } = await publishedBy(at, { id: 'a' }, { 'x-type': ['made'] });
    const again = fromRecord(records[0] ?? expect.fail(), at, 0);
    expect(again.notes).to.deep.equal(['type is taken from ce_type: it was read from a header of the request']);
    const { published } = await dryRunRequest(again.endpoint, again.delivery, options);
    expect(published[0]?.event.type).to.equal('made');
  });

  it('verifies a dead letter again, at the time at which it came', async () => {
    const { deadLetter } = await publishedBy(endpoint({ headers: ['x-sig'] }), { type: 'x' });
    const record = deadLetter ?? expect.fail();
    const again = fromRecord(record, endpoint(), 0);
    expect(again).to.include({ signed: true, now: delivery({}).receivedAt });
    const tampered = { ...record, value: Buffer.from('{}') };
    const { rejected } = await dryRunRequest(endpoint(), fromRecord(tampered, endpoint(), 0).delivery, options);
    expect((await dryRunRequest(again.endpoint, again.delivery, options)).rejected[0]?.code).to.equal(
      'event_unidentified',
    );
    expect(rejected[0]?.code).to.equal('signature_mismatch');
  });
});
