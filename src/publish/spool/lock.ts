import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PublishError } from '../../model.js';
import type { Log } from '../log.js';

/** Milliseconds. Workers whose primary was killed finish what they have, and `server.drain` is 25 s by default. */
const longestWait = 40_000;
const pause = 100;

interface Holder {
  readonly pid: number;
  /** When the process started, as the system counts; tells it from a later one with the same id. */
  readonly started: string | undefined;
}

/**
 * Takes a folder for this process alone. Rejects where another living process of this machine has it. What a killed process
 * has left behind doesn't count.
 */
export async function lockFolder(folder: string, log: Log, wait = longestWait): Promise<{ release(): Promise<void> }> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'lock');
  const me: Holder = { pid: process.pid, started: await startOf(process.pid) };
  for (let waited = 0; ; waited += pause) {
    const holder = await readHolder(file);
    if (holder === undefined || !(await lives(holder))) break;
    if (holder.pid === me.pid || waited >= wait) {
      throw new PublishError('unavailable', 'SPOOL_IN_USE', `${folder} is in use by process ${holder.pid}`);
    }
    if (waited === 0)
      log('warn', 'another process still has the spool: waiting for it to end', { folder, pid: holder.pid });
    await delay(pause);
  }
  await writeFile(file, JSON.stringify(me));
  return { release: () => rm(file, { force: true }) };
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    const { pid, started }: Holder = JSON.parse(await readFile(file, 'utf8'));
    return { pid, started };
  } catch {
    return undefined;
  }
}

async function lives({ pid, started }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return started === undefined || started === (await startOf(pid));
}

/** Field 22 of /proc/PID/stat (proc(5)), after the name, which may have spaces in it. Not every system has it. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
