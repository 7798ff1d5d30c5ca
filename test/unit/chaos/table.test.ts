import { expect } from 'chai';
import { countReasons, tableHead, tableRow } from '../../chaos/table.js';

describe('the table of chaos runs', () => {
  const when = '2026-01-31T10:00:00.000Z';

  it('counts duplicates by what they have in common', () => {
    const duplicates = new Map([
      ['a', `kill -9 of the gateway at ${when}`],
      ['b', `kill -9 of the gateway at ${when}, 3 more, kill -9 of the gateway at ${when}`],
      ['c', `kill -9 of the worker at ${when}, sent again after 503, sent again after 503`],
      ['d', undefined],
    ]);
    expect(countReasons(duplicates)).to.deep.equal({
      'kill -9 of the gateway': 2,
      'kill -9 of the worker and sent again after 503': 1,
      unexplained: 1,
    });
  });

  it('has a cell for each column', () => {
    const row = tableRow({
      seed: 7,
      minutes: 60,
      workers: 2,
      faults: { outage: 3, 'kill-gateway': 4 },
      acknowledged: 179_000,
      missing: 0,
      deleted: 12,
      wiped: 1,
      duplicated: 2,
      duplicates: { 'kill -9 of the worker': 2 },
      unexplained: 0,
      outOfOrder: 0,
      failed: 90,
      troubles: 0,
      noticedMs: 150,
      outageP99Ms: 30,
      answerP99Ms: 2_400,
      memoryMiB: { firstMinute: 280, lastMinute: 290, most: 320 },
      harnessMiB: 400,
    });
    expect(row).to.equal(
      '| 7 | 60 | 2 | 3 outage, 4 kill-gateway | 179,000 (12 gone with a deleted topic, 1 with a deleted folder) | 0 | 2: 2 kill -9 of the worker | 0 | 0 | 2400 (30) |',
    );
    const [head = ''] = tableHead.split('\n');
    expect(row.split(' | ').length).to.equal(head.split(' | ').length);
  });
});
