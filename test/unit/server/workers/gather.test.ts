import { expect } from 'chai';
import { gather } from '../../../../src/server/workers/gather.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('gather', () => {
  it('hands over what was said in one turn at once, in its order', async () => {
    const handed: (readonly number[])[] = [];
    const tell = gather<number>((all) => handed.push(all));
    tell(1);
    tell(2);
    expect(handed).to.deep.equal([]);
    await turn();
    expect(handed).to.deep.equal([[1, 2]]);
  });

  it('keeps what is said while it hands over for the next turn', async () => {
    const handed: (readonly number[])[] = [];
    const tell = gather<number>((all) => {
      handed.push(all);
      if (all[0] === 1) tell(2);
    });
    tell(1);
    await turn();
    await turn();
    expect(handed).to.deep.equal([[1], [2]]);
  });
});
