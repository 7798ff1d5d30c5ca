import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { openFolder } from '../../../../src/storage/dedupe/folder.js';
import { keysOf } from '../../../../src/storage/dedupe/keys.js';
import { openWindow } from '../../../../src/storage/dedupe/window.js';
import { realClock } from '../../../../src/util/clock.js';
import { makeFingerprint } from './fingerprints.js';

describe('the dedupe window on a disk that takes the beginning of a write', () => {
  it('has all that was said to be remembered', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'gateway-dedupe-'));
    try {
      // 8 or 16 blocks of 512 bytes, which is not a whole number of entries.
      const limited = 'ulimit -f 8; exec "$0" --import tsx/esm test/unit/storage/dedupe/short-writer.ts "$1"';
      const { stdout } = await promisify(execFile)('/bin/sh', ['-c', limited, process.execPath, dir]);
      const remembered: readonly number[] = JSON.parse(stdout);
      expect(remembered.length).to.be.within(20, 900);
      const options = { length: 60_000, shared: false, clock: realClock, log: () => undefined };
      const window = await openWindow({ folder: openFolder(dir), ...options });
      for (const n of remembered)
        expect(window.find(keysOf(makeFingerprint(n)))?.placement, String(n)).to.not.equal(undefined);
      await window.close();
    } finally {
      rmSync(dir, { recursive: true });
    }
  }).timeout(20_000);
});
