import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { lockFolder } from '../../../src/storage/disk/lock.js';
import { plugins, run } from './running.js';

describe('the folder of the dedupe window', () => {
  it('belongs to one gateway at a time', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'gateway-window-'));
    const yaml = `version: 1
server: { listen: "127.0.0.1:0", drain: 1s }
plugins: ${plugins}
embedded: { dir: data }
dedupe: { dir: ${dir} }
endpoints:
  - { provider: stripe, path: /webhooks/stripe, secrets: [{ name: current, env: STRIPE }] }
`;
    const gateway = await run({ 'gateway.yaml': yaml }, { STRIPE: 'whsec_abc' });
    const error = await lockFolder(dir, () => undefined, 0).catch((reason: unknown) => reason);
    expect(error).to.have.property('reason', 'FOLDER_IN_USE');
    await gateway.close();
    const lock = await lockFolder(dir, () => undefined, 0);
    await lock.release();
    await rm(dir, { recursive: true });
  });
});
