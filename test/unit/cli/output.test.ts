import { Writable } from 'node:stream';
import { expect } from 'chai';
import { createProgress } from '../../../src/cli/progress.js';
import { recordToJson, recordToLine } from '../../../src/cli/record-line.js';
import { formatTable } from '../../../src/cli/table.js';
import type { StoredRecord } from '../../../src/publish/read.js';

const record: StoredRecord = {
  topic: 'webhooks.acme',
  partition: 3,
  offset: 17n,
  key: 'order-1',
  headers: { ce_type: 'order.paid', ce_id: 'evt_1' },
  value: Buffer.from('{"id":"evt_1"}'),
  timestamp: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
};

describe('cli/table', () => {
  it('aligns columns and keeps a row on one line', () => {
    const text = formatTable(
      ['A', 'LONG'],
      [
        ['value', 'x'],
        ['', 'two\n  lines'],
      ],
    );
    expect(text).to.equal('A      LONG\nvalue  x\n       two lines');
  });
});

describe('cli/record-line', () => {
  it('is one line for people', () => {
    expect(recordToLine(record)).to.equal(
      '2026-01-02T03:04:05.006Z  webhooks.acme/3@17  order.paid  evt_1  key=order-1  14 B',
    );
    const bare = recordToLine({ ...record, key: null, headers: {}, value: Buffer.alloc(3174) });
    expect(bare).to.equal('2026-01-02T03:04:05.006Z  webhooks.acme/3@17  -  -  key=  3.1 KiB');
  });

  it('cannot be forged by a header with a line break', () => {
    expect(recordToLine({ ...record, key: 'a\nb', headers: { ce_id: '\u001b[2J' } })).not.to.match(/\p{Cc}/u);
  });

  it('is JSON with the value as text, or in base64 where it is none', () => {
    expect(recordToJson(record)).to.deep.equal({
      topic: 'webhooks.acme',
      partition: 3,
      offset: 17,
      timestamp: '2026-01-02T03:04:05.006Z',
      key: 'order-1',
      headers: record.headers,
      value: '{"id":"evt_1"}',
    });
    expect(recordToJson({ ...record, value: Buffer.from([0xff, 0x00]) })).to.deep.include({ value_base64: '/wA=' });
  });
});

describe('cli/progress', () => {
  function terminal(isTTY: boolean): { stream: Writable & { isTTY: boolean; columns: number }; text: () => string } {
    let written = '';
    const stream = new Writable({
      write(chunk, _encoding, done) {
        written += String(chunk);
        done();
      },
    });
    return { stream: Object.assign(stream, { isTTY, columns: 60 }), text: () => written };
  }

  it('draws on a terminal, within its width', () => {
    const { stream, text } = terminal(true);
    const progress = createProgress(stream);
    progress.show(0.5, '5/10 sent '.repeat(10));
    expect(text().startsWith('\r\u001b[K[############............] 5/10 sent ')).to.equal(true);
    expect(text().length - '\r\u001b[K'.length).to.be.lessThan(60);
    progress.clear();
    expect(text().endsWith('\r\u001b[K')).to.equal(true);
  });

  it('is silent elsewhere', () => {
    const { stream, text } = terminal(false);
    const progress = createProgress(stream);
    progress.show(0.5, 'half');
    progress.clear();
    expect(text()).to.equal('');
  });
});
