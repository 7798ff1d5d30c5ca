import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'chai';

const root = join(import.meta.dirname, '../../../..');
/** No server has these ports, so that every client of the store is about to connect again when it is closed. */
const script = `
import { openRedis } from './src/storage/dedupe/redis/store.ts';
const addresses = [{ host: '127.0.0.1', port: 1 }, { host: '127.0.0.1', port: 2 }];
const settings = JSON.parse(process.argv[1]);
const store = openRedis({ addresses, prefix: '', name: 'none', onError: 'accept', database: 0, ...settings });
await store.connect(200);
setTimeout(() => store.close(), 300);
`;

describe('a store that is closed while nobody answers', () => {
  for (const settings of [
    { mode: 'single' },
    { mode: 'cluster' },
    { mode: 'sentinel', sentinel: { primary: 'main' } },
  ]) {
    it(`lets its process end: ${settings.mode}`, async () => {
      const args = ['--import', 'tsx/esm', '--input-type=module', '--eval', script, JSON.stringify(settings)];
      const child = spawn(process.execPath, args, {
        cwd: root,
        stdio: ['ignore', 'ignore', 'inherit'],
        timeout: 20_000,
      });
      const [code, signal] = await once(child, 'exit');
      expect([code, signal]).to.deep.equal([0, null]);
    }).timeout(25_000);
  }
});
