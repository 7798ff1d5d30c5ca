import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Placement, Publisher } from '../../../src/model.js';
import { openSpools } from '../../../src/publish/spool/open.js';
import type { Resuming } from '../../../src/publish/unanswered.js';
import { caught } from './records.js';

describe('the folder of the spool', () => {
  const kafka: Publisher<Placement> & Resuming = {
    publish: () => new Promise(() => {}),
    ready: () => false,
    connected: () => false,
    unanswered: () => [],
    resume: async () => false,
    close: async () => undefined,
  };

  it('is one gateway’s at a time, and free when that has stopped', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'gateway-spool-'));
    const options = { topics: ['orders'], deadLetterTopic: 'webhooks.dlq', lockWait: 0, log: () => undefined };
    const open = () => openSpools(kafka, { dir, maxBytes: 1_000 }, options);
    try {
      const spool = await open();
      expect(await caught(open())).to.include({ reason: 'FOLDER_IN_USE' });
      await spool.close();
      const next = await open();
      await next.close();
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
