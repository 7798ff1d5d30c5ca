/** Run with a limit of the size of files: remembers events until the disk takes no more, and says which. */

import { openFolder } from '../../../../src/storage/dedupe/folder.js';
import { keysOf } from '../../../../src/storage/dedupe/keys.js';
import { openWindow } from '../../../../src/storage/dedupe/window.js';
import { realClock } from '../../../../src/util/clock.js';
import { makeFingerprint } from './fingerprints.js';

const [dir = ''] = process.argv.slice(2);
const options = { length: 60_000, shared: false, clock: realClock, log: () => undefined };
const window = await openWindow({ folder: openFolder(dir), ...options });
const remembered: number[] = [];
for (let n = 0; n < 1_000; n++) {
  try {
    await window.remember([{ keys: keysOf(makeFingerprint(n)), placement: { topic: 'orders', spooled: true } }]);
    remembered.push(n);
  } catch {
    break;
  }
}
process.stdout.write(JSON.stringify(remembered));
