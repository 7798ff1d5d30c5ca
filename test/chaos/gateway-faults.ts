import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Scene } from './scene.js';
import type { Crash } from './schedule.js';
import { until } from './wait.js';

/** A killed gateway is started again, as a supervisor does; a worker is replaced by the gateway itself. */
export async function crash({ gateway, crashes }: Scene, what: Crash['what'], worker = 0): Promise<void> {
  if (what === 'worker') {
    await until(30, 'the gateway to have workers', () => gateway.signalWorker(worker, 'SIGKILL') !== undefined);
    crashes.push({ at: Date.now(), what });
    return;
  }
  await gateway.kill();
  crashes.push({ at: Date.now(), what });
  await gateway.start();
  await gateway.awaitListening();
}

/** A worker that does nothing any more: resolves when the gateway has replaced it. */
export async function hangWorker({ gateway, crashes, workers, say }: Scene, worker: number): Promise<void> {
  await until(30, 'all workers to run', () => gateway.workers().length === workers);
  const start = Date.now();
  const hung = gateway.signalWorker(worker, 'SIGSTOP');
  if (hung === undefined) throw new Error('the gateway has no workers');
  try {
    await until(60, 'the hung worker to be killed', () => !gateway.workers().includes(hung), 20);
    crashes.push({ at: Date.now(), what: 'worker' });
    say(`the hung worker was killed after ${(Date.now() - start) / 1000} s`);
  } catch (error) {
    process.kill(hung, 'SIGCONT');
    throw error;
  }
  await until(30, 'the hung worker to be replaced', () => gateway.workers().length === workers);
}

/** Writes until nothing is left; what others write meanwhile, or free, makes no difference. */
async function fillDisk(file: string): Promise<void> {
  const filler = await open(file, 'w');
  try {
    for (let size = 1024 * 1024; size >= 512; ) {
      try {
        await filler.appendFile(Buffer.alloc(size));
      } catch (error) {
        if (!isFull(error)) throw error;
        size /= 2;
      }
    }
  } finally {
    await filler.close();
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC';
}

/** There is nothing left on it for the time `half`, then there is again for as long, all of it without Kafka. */
export async function withFullDisk(folder: string, half: number): Promise<void> {
  await delay(half / 2);
  const filler = join(folder, 'filler');
  try {
    await fillDisk(filler);
    await delay(half);
  } finally {
    await rm(filler, { force: true });
  }
  await delay(half / 2);
}
