import { expect } from 'chai';
import { recordInFull, recordToLine } from '../../../src/cli/record-line.js';
import { compileSelection, type TapSelection } from '../../../src/cli/tap-filter.js';
import { Failure } from '../../../src/exit.js';
import type { StoredRecord } from '../../../src/publish/read.js';

const record: StoredRecord = {
  topic: 'webhooks.stripe.charge',
  partition: 2,
  offset: 17n,
  key: 'pi_1',
  headers: {
    ce_id: 'evt_1',
    ce_type: 'charge.refunded',
    ce_subject: 'ch_1',
    ce_deliveryid: 'd-1',
    ce_livemode: 'true',
  },
  value: Buffer.from('{"amount":9007199254740993,"currency":"eur"}'),
  timestamp: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
};

async function fits(selection: Partial<TapSelection>): Promise<boolean> {
  return (await compileSelection({ types: [], ...selection })).matches(record);
}

describe('cli/tap-filter', () => {
  it('chooses by type, key, id, time and condition, and by all of them together', async () => {
    const yes: Partial<TapSelection>[] = [
      ...[{}, { types: ['charge.*'] }, { types: ['x', 'charge.refunded'] }, { key: 'pi_1' }, { id: 'evt_1' }],
      ...[{ id: 'ch_1' }, { id: 'd-1' }, { where: 'currency = "eur"' }, { where: '$headers.ce_livemode = "true"' }],
      ...[
        { where: 'amount > 9007199254740992' },
        { until: record.timestamp },
        { types: ['*'], key: 'pi_1', id: 'evt_1' },
      ],
    ];
    const no: Partial<TapSelection>[] = [
      ...[{ types: ['payment.*'] }, { key: 'pi_2' }, { id: 'pi_1' }, { where: 'currency = "usd"' }],
      ...[{ until: record.timestamp - 1 }, { types: ['charge.*'], id: 'evt_2' }, { where: 'nothing.here' }],
    ];
    expect(await Promise.all(yes.map(fits))).to.deep.equal(yes.map(() => true));
    expect(await Promise.all(no.map(fits))).to.deep.equal(no.map(() => false));
  });

  it('says what is not a condition, and where one failed', async () => {
    const refused = await compileSelection({ types: [], where: 'a b' }).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(Failure).and.have.property('reason', 'usage');
    const { matches, failures } = await compileSelection({ types: [], where: '$uppercase(amount)' });
    expect(await matches(record)).to.equal(false);
    expect(failures.count).to.equal(1);
    expect(failures.first).to.be.a('string');
  });
});

describe('cli/record-line, in a terminal', () => {
  it('gives up the date, then the middle of ids', () => {
    const long = { ...record, headers: { ...record.headers, ce_id: 'evt_1NG8Du2eZvKYlo2CUI79vXWy' } };
    expect(recordToLine(long, 110)).to.match(
      /^03:04:05\.006 {2}webhooks.stripe.charge\/2@17 {2}.*vXWy {2}key=pi_1 {2}44 B$/,
    );
    expect(recordToLine(long, 90)).to.include('  evt_1NG8…vXWy  ');
    expect(recordToLine(long, 83)).to.equal(
      '03:04:05.006  webhooks.stripe.charge/2@17  charge.refunded  evt_1NG8…vXWy  key=pi_1',
    );
    expect(recordToLine(long, 70)).to.equal('03:04:05  webhooks.stripe.charge/2@17  charge.refunded  evt_1NG8…vXWy');
    expect(recordToLine(long)).to.match(/^2026-01-02T/);
  });

  it('lays a record out, with the digits of its numbers', () => {
    const text = recordInFull(record);
    expect(text.split('\n')[0]).to.equal(recordToLine(record));
    expect(text).to.include('  ce_type        charge.refunded\n').and.include('    "amount": 9007199254740993,\n');
    expect(recordInFull({ ...record, value: Buffer.from('a=1&b=\u001b[2J') })).not.to.include('\u001b');
  });
});
