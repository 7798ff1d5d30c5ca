import { expect } from 'chai';
import { buildSpool, judgeFlips, judgeMoves } from '../../../simulation/damage.js';

/** `npm run simulate-damage` looks at every bit. */
const sample = 211;

describe('a spool whose files are damaged while no gateway runs', () => {
  it('delivers each record, or reports it and keeps it: whichever file is gone, or swapped with which', async () => {
    const base = await buildSpool();
    expect(base.taken.size, 'some of it was delivered before').to.equal(10);
    expect(base.paths.filter((path) => path.endsWith('.journal'))).to.have.length(5);
    expect(base.paths.filter((path) => path.endsWith('.acked'))).to.have.length(3);
    const verdicts: (string | undefined)[] = [];
    for await (const verdict of judgeMoves(base)) verdicts.push(verdict);
    expect(verdicts).to.have.length(66);
    expect(verdicts.filter((verdict) => verdict !== undefined)).to.deep.equal([]);
  }).timeout(20_000);

  it('delivers each record, or reports it and keeps it: whichever bit is flipped', async () => {
    const base = await buildSpool();
    const verdicts: (string | undefined)[] = [];
    for await (const verdict of judgeFlips(base, { every: sample })) verdicts.push(verdict);
    expect(verdicts.length).to.be.greaterThan(300);
    expect(verdicts.filter((verdict) => verdict !== undefined)).to.deep.equal([]);
  }).timeout(30_000);
});
