import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openEmbedded } from '../../../../src/storage/embedded/publisher.js';
import { makeRecord } from '../../kafka/records.js';

describe('the embedded log after a file of it has lost all that was in it', () => {
  it('gives no offset of it again: readers may be past them', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'gateway-log-'));
    const open = () => openEmbedded({ kind: 'embedded', dir }, { log: () => undefined });
    try {
      const before = await open();
      for (const n of [0, 1, 2]) expect((await before.publish(makeRecord('k', n))).offset).to.equal(BigInt(n));
      await before.close();
      const folder = join(dir, '0', 'topics', 'orders');
      const [file = ''] = readdirSync(folder);
      writeFileSync(join(folder, file), Buffer.alloc(readFileSync(join(folder, file)).length));
      const after = await open();
      expect(Number((await after.publish(makeRecord('k', 3))).offset)).to.be.greaterThan(2);
      await after.close();
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
