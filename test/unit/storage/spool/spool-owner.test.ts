import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Placement, Publisher } from '../../../../src/core/model.js';
import type { Resuming } from '../../../../src/kafka/unanswered.js';
import { openSpools } from '../../../../src/storage/spool/open.js';
import { caught } from '../../kafka/records.js';

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
