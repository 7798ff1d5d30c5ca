import { join } from 'node:path';
import type { KafkaSettings } from '../../config/settings.js';
import type { Placement, Publisher } from '../../model.js';
import { realClock } from '../clock.js';
import type { PublisherOptions } from '../create.js';
import { realFiles } from './files.js';
import { lockFolder } from './lock.js';
import { openSpool, type Spool } from './spool.js';

/**
 * Opens this process's part of the spool. The first process also sends what those have left that are no more, because the
 * gateway has fewer now. Rejects where another gateway is at work in the folder.
 */
export async function openSpools(
  kafka: Publisher<Placement>,
  { dir, maxBytes }: KafkaSettings['spool'],
  { topics, deadLetterTopic, slot = 0, slots = 1, log }: PublisherOptions,
): Promise<Spool> {
  const left = slot === 0 ? (await realFiles.list(dir)).filter((name) => Number(name) >= slots) : [];
  const shared = { maxBytes, deadLetterTopic, log, files: realFiles, clock: realClock };

  async function open(name: string, served: readonly string[]): Promise<Spool> {
    const folder = join(dir, name);
    const lock = await lockFolder(folder, log);
    const spool = await openSpool(kafka, { ...shared, folder, topics: served }).catch(async (error: unknown) => {
      await lock.release();
      throw error;
    });
    return { ...spool, close: () => spool.close().finally(lock.release) };
  }

  const own = await open(String(slot), topics);
  const orphans = await Promise.all(left.map((name) => open(name, [])));
  return {
    ...own,
    status() {
      const others = orphans.map((orphan) => orphan.status());
      const status = own.status();
      return {
        ...status,
        lanes: [...status.lanes, ...others.flatMap(({ lanes }) => lanes)],
        parked: others.reduce((sum, { parked }) => sum + parked, status.parked),
      };
    },
    async close() {
      await own.close();
      await Promise.all(orphans.map((orphan) => orphan.close()));
    },
  };
}
