import { expect } from 'chai';
import { createClaimer, readDone, storeKey, writeDone } from '../../../../../src/storage/dedupe/shared/value.js';
import { keys, placed } from '../support.js';

describe('what stands in the shared store', () => {
  it('is read as it was written', () => {
    const { digest } = keys('a');
    for (const placement of [placed(Number.MAX_SAFE_INTEGER), { topic: 'webhooks.acme', spooled: true }] as const) {
      expect(readDone(writeDone({ digest, placement }))).to.deep.equal({ digest, placement });
    }
  });

  it('is a claim where it is nothing that this gateway writes of a published event', () => {
    for (const value of [
      createClaimer()(),
      '',
      'done',
      'done d x 1 topic',
      'done d 1 1',
      'spooled d',
      'moved d 1 1 t',
    ]) {
      expect(readDone(value), value).to.equal(undefined);
    }
  });

  it('says nothing of the event in its key, and no two claims are alike', () => {
    expect(storeKey(keys('evt_secret'))).to.match(/^[A-Za-z0-9_-]{22}$/);
    const [a, b] = [createClaimer(), createClaimer()];
    expect(new Set([a(), a(), b(), b()]).size).to.equal(4);
  });
});
