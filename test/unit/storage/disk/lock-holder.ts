import { lockFolder } from '../../../../src/storage/disk/lock.js';

/** Holds the lock of a folder until it is killed, or says why it cannot. */
const [folder = ''] = process.argv.slice(2);
try {
  await lockFolder(folder, () => undefined, 0);
  process.stdout.write('held\n');
  setInterval(() => undefined, 1_000);
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : error}\n`);
}
