import { expect } from 'chai';
import { Table } from '../../../../src/storage/dedupe/table.js';
import { keys } from './support.js';

describe('table of the dedupe window', () => {
  const key = (n: number) => keys(String(n)).id;

  it('finds every position, in 12 to 24 bytes an event', () => {
    const table = new Table();
    for (const count of [0, 10_000, 20_000, 30_000, 40_000, 50_000]) {
      for (let n = count; n < count + 10_000; n++) table.add(key(n), '', n * 56);
      expect(table.bytes / (count + 10_000)).to.be.within(12, 24.5);
    }
    for (let n = 0; n < 60_000; n++) expect(table.findId(key(n)).includes(n * 56), String(n)).to.equal(true);
    let wrong = 0;
    for (let n = 60_000; n < 120_000; n++) wrong += table.findId(key(n)).length;
    expect(wrong).to.be.lessThan(10);
  });

  it('tells contents of one id apart, in a time that does not grow with their number', () => {
    const table = new Table();
    for (let n = 0; n < 20_000; n++) table.add(key(1), keys('1', { content: String(n) }).digest, n);
    let found = 0;
    for (let n = 0; n < 20_000; n++) found += table.find(key(1), keys('1', { content: String(n) }).digest).length;
    expect(found).to.be.within(20_000, 20_010);
    expect(table.findId(key(1))).to.deep.equal([0]);
    expect(table.find(key(1), keys('1', { content: 'another' }).digest)).to.deep.equal([]);
  });

  it('gives the position of an event that was written twice', () => {
    const table = new Table();
    const { digest } = keys('1');
    table.add(key(1), digest, 0);
    table.add(key(1), digest, 4_000_000_000);
    expect(table.find(key(1), digest)).to.deep.equal([0]);
  });
});
