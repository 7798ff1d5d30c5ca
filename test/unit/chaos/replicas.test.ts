import { expect } from 'chai';
import { createRandom } from '../../chaos/random.js';
import { drawReplicaSchedule, replicaFaultKinds } from '../../chaos/replicas/schedule.js';
import { replicaTableHead, replicaTableRow } from '../../chaos/replicas/table.js';

describe('chaos runs of replicas', () => {
  it('draw the same faults from the same seed, and others from another', () => {
    const draw = (seed: number) => drawReplicaSchedule(createRandom(seed), 10, 3);
    expect(draw(1)).to.deep.equal(draw(1));
    expect(draw(1)).not.to.deep.equal(draw(2));
    expect([...new Set(draw(1).map(({ fault }) => fault.kind))].sort()).to.deep.equal([...replicaFaultKinds].sort());
  });

  it('have a cell for each column of their table', () => {
    const row = replicaTableRow({
      seed: 1,
      minutes: 60,
      replicas: 3,
      faults: { roll: 2 },
      events: 1_000,
      attempts: 4_001,
      records: 1_002,
      answers: {},
      local: 0,
      missing: 0,
      extra: 2,
      explained: { 'Redis failed over in that moment': 2 },
      unexplained: 0,
      misplaced: 0,
      outOfOrder: 0,
      refused: 0,
      kills: 0,
      p99: 20,
      wrong: [],
      troubles: 0,
    });
    expect(row).to.equal(
      '| 1 | 60 | 3 | 2 roll | 1,000 (4,001) | 0 | 2: 2 Redis failed over in that moment | 0 | 0 | 0 | 20 |',
    );
    const cells = (line: string) => line.split('|').length;
    expect(replicaTableHead.split('\n').map(cells)).to.deep.equal([cells(row), cells(row)]);
  });
});
