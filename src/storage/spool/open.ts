import { join } from 'node:path';
import type { KafkaSettings } from '../../config/settings.js';
import type { Placement, Publisher } from '../../core/model.js';
import type { Resuming } from '../../kafka/unanswered.js';
import type { PublisherOptions } from '../../publish/create.js';
import { realClock } from '../../util/clock.js';
import { realFiles } from '../disk/files.js';
import { lockFolder } from '../disk/lock.js';
import { Lanes } from './lanes.js';
import type { Peers, ToPeer } from './peers.js';
import { SharedLanes } from './shared-lanes.js';
import { openSpool, type Spool } from './spool.js';

/**
 * Opens this process's part of the spool. The first process also sends what those have left that are no more, because the
 * gateway has fewer now. Rejects where another gateway is at work in the folder.
 */
export async function openSpools(
  kafka: Publisher<Placement> & Resuming,
  { dir, maxBytes }: KafkaSettings['spool'],
  { topics, deadLetterTopic, slot = 0, slots = 1, peers, lockWait, log }: Omit<PublisherOptions, 'largest'>,
): Promise<Spool> {
  const left = slot === 0 ? (await realFiles.list(dir)).filter((name) => Number(name) >= slots) : [];
  const others = peers ?? (left.length > 0 ? standAlone() : undefined);
  const lanes = others && new SharedLanes(others, realClock);
  const common = { maxBytes, deadLetterTopic, log, files: realFiles, clock: realClock };

  async function open(name: string, served: readonly string[]): Promise<Spool> {
    const folder = join(dir, name);
    const lock = await lockFolder(folder, log, lockWait);
    const { retake } = lock;
    const shared = lanes && { lanes, own: name === String(slot) };
    const spool = await openSpool(kafka, { ...common, folder, topics: served, retake, shared }).catch(
      async (error: unknown) => {
        await lock.release();
        throw error;
      },
    );
    return { ...spool, close: () => spool.close().finally(lock.release) };
  }

  const attempts = await Promise.allSettled([open(String(slot), topics), ...left.map((name) => open(name, []))]);
  const spools = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  const close = async () => void (await Promise.all(spools.map((spool) => spool.close())));
  const failed = attempts.find((attempt) => attempt.status === 'rejected');
  const [own] = spools;
  if (failed !== undefined || own === undefined) {
    await close();
    throw failed?.reason;
  }
  await lanes?.start();
  return {
    ...own,
    status() {
      const all = spools.map((spool) => spool.status());
      const damagedFiles = all.reduce((sum, each) => sum + each.damagedFiles, 0);
      return { ...own.status(), lanes: all.flatMap(({ lanes }) => lanes), damagedFiles };
    },
    adapt(next) {
      for (const spool of spools) spool.adapt(next);
    },
    close,
  };
}

/** Parts of several workers are sent in the order that those had among themselves, be there only one process now. */
function standAlone(): Peers {
  let hear: (message: ToPeer) => void = () => undefined;
  const primary = new Lanes(1, (_slot, message) => queueMicrotask(() => hear(message)));
  return {
    slot: 0,
    of: 1,
    tell: (message) => queueMicrotask(() => primary.hear({ slot: 0, life: 0 }, message)),
    listen: (hears) => {
      hear = hears;
    },
  };
}
