import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PublishError } from '../../model.js';
import type { Log } from '../log.js';
import { makeFolder } from './files.js';

/** Milliseconds. Workers whose primary was killed finish what they have, and `server.drain` is 25 s by default. */
const longestWait = 40_000;

export interface Lock {
  release(): Promise<void>;
}

/** Claims of this process. */
const mine = new Set<string>();

/**
 * Takes a folder for this process alone. Rejects with `FOLDER_IN_USE` where another living process of this machine has it.
 * What a killed process has left behind doesn't count. A process puts a claim with its own name into the folder, and then
 * looks for others: of two that come at once, at least one sees the other. Nobody removes the claim of a living process.
 */
export async function lockFolder(folder: string, log: Log, wait = longestWait): Promise<Lock> {
  await makeFolder(folder);
  const name = `lock.${process.pid}.${(await startOf(process.pid)) ?? 0}`;
  const claim = join(folder, name);
  if (mine.has(claim)) throw inUse(folder, process.pid);
  mine.add(claim);
  const release = async () => {
    await rm(claim, { force: true });
    mine.delete(claim);
  };
  try {
    for (let waited = 0; ; ) {
      let holder = await findOther(folder, name);
      if (holder === undefined) {
        await writeFile(claim, '');
        holder = await findOther(folder, name);
      }
      if (holder === undefined) return { release };
      await rm(claim, { force: true });
      if (waited >= wait) throw inUse(folder, holder);
      if (waited === 0)
        log('warn', 'another process still has the folder: waiting for it to end', { folder, pid: holder });
      // Not in step with others who wait.
      const pause = 50 + Math.random() * 100;
      waited += pause;
      await delay(pause);
    }
  } catch (error) {
    await release();
    throw error;
  }
}

function inUse(folder: string, pid: number): PublishError {
  return new PublishError('unavailable', 'FOLDER_IN_USE', `${folder} is in use by process ${pid}`);
}

/** The id of another living process that has a claim. Those of the dead are removed: their names don't come back. */
async function findOther(folder: string, own: string): Promise<number | undefined> {
  for (const name of await readdir(folder)) {
    const [, pid, started] = /^lock\.(\d+)\.(\d+)$/.exec(name) ?? [];
    if (name === own || pid === undefined) continue;
    if (await lives(Number(pid), started)) return Number(pid);
    await rm(join(folder, name), { force: true });
  }
  return undefined;
}

async function lives(pid: number, started: string | undefined): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // There is one, of somebody else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return started === '0' || started === (await startOf(pid));
}

/**
 * When the process started, as the system counts; tells it from a later one with the same id. Field 22 of /proc/PID/stat
 * (proc(5)), after the name, which may have spaces in it. Not every system has it.
 */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
