import { close, constants, fstat, ftruncate, open, read, write } from 'node:fs';
import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { PublishError } from '../../core/model.js';
import { privateFile } from '../../util/file-modes.js';
import type { Log } from '../../util/log.js';
import { makeFolder } from './files.js';
import { tryKernelLock } from './kernel-lock.js';
import { claimByPid, type PidClaim } from './pid-claims.js';

/** Milliseconds. A gateway that is stopping finishes what it has, and `server.drain` is 25 s by default. */
const longestWait = 40_000;
const lockFile = 'lock';
/** Bytes of what is said in it at most. */
const longestText = 1_024;

export interface Lock {
  /**
   * Makes sure that the folder at the path is the one that is locked. One that was deleted is made and locked again, a volume
   * that was mounted again too. Rejects with `FOLDER_GONE` while the volume is away, with `FOLDER_IN_USE` if somebody else
   * has it now.
   */
  retake(): Promise<void>;
  release(): Promise<void>;
}

/** Whether a lock was had; throws where there is none to be had. */
export type TryLock = (handle: number, path: string) => boolean;

interface Held {
  readonly handle: number;
  readonly claim: PidClaim;
}

/**
 * Takes a folder for this process alone, with a lock of the kernel on its file `lock`: it holds between containers, a crash
 * releases it at once, and nobody can take it from a living process. Rejects with a `PublishError` `FOLDER_IN_USE` where another
 * process still has it after `wait` milliseconds, with `NO_FILE_LOCKS` where there are no locks.
 */
export async function lockFolder(
  folder: string,
  log: Log,
  wait = longestWait,
  tryLock: TryLock = tryKernelLock,
): Promise<Lock> {
  await makeFolder(folder);
  const mount = await mountPoint(folder);
  let held: Held | undefined = await waitForLock(folder, log, wait, tryLock);
  let retaking: Promise<void> | undefined;

  /** Once for all who ask at the same time: they would find the folder in use by each other. */
  function retake(): Promise<void> {
    retaking ??= retakeOnce().finally(() => {
      retaking = undefined;
    });
    return retaking;
  }

  async function retakeOnce(): Promise<void> {
    if (held !== undefined && (await isAtPath(held.handle, join(folder, lockFile)))) return;
    if ((await mountPoint(folder)) !== mount) throw gone(folder, mount);
    await letGo();
    await makeFolder(folder);
    const taken = await take(folder, tryLock);
    if (typeof taken === 'string') throw inUse(folder, taken);
    held = taken;
  }

  async function release(): Promise<void> {
    await retaking?.catch(() => undefined);
    await letGo();
  }

  async function letGo(): Promise<void> {
    const last = held;
    held = undefined;
    if (last === undefined) return;
    await last.claim.release().catch(() => undefined);
    await closeFile(last.handle);
  }

  return { retake, release };
}

async function waitForLock(folder: string, log: Log, wait: number, tryLock: TryLock): Promise<Held> {
  for (let waited = 0; ; ) {
    const taken = await take(folder, tryLock);
    if (typeof taken !== 'string') return taken;
    if (waited >= wait) throw inUse(folder, taken);
    if (waited === 0)
      log('warn', 'another process still has the folder: waiting for it to end', { folder, holder: taken });
    // Not in step with others who wait.
    const pause = 50 + Math.random() * 100;
    waited += pause;
    await delay(pause);
  }
}

/** One try: the lock, or who has it. */
async function take(folder: string, tryLock: TryLock): Promise<Held | string> {
  const path = join(folder, lockFile);
  const handle = await openFile(path, constants.O_RDWR | constants.O_CREAT, privateFile);
  let kept = false;
  try {
    if (!tryLock(handle, path)) return await readHolder(handle);
    // Somebody has deleted the file since it was opened: the next try opens the new one.
    if (!(await isAtPath(handle, path))) return 'a process that has just begun';
    const claim = await claimByPid(folder);
    if ('holder' in claim) return `process ${claim.holder}, an older version of the gateway`;
    await writeHolder(handle);
    kept = true;
    return { handle, claim };
  } finally {
    if (!kept) await closeFile(handle);
  }
}

async function isAtPath(handle: number, path: string): Promise<boolean> {
  const [open, there] = await Promise.all([statHandle(handle), stat(path).catch(() => undefined)]);
  return there !== undefined && open.ino === there.ino && open.dev === there.dev;
}

/** For whoever finds the folder taken. A process id counts in its own container, which its host name tells. */
async function writeHolder(handle: number): Promise<void> {
  const before = await readText(handle);
  // What somebody has put there by mistake stays.
  if (before !== '' && !before.startsWith(textStart)) return;
  const text = Buffer.from(`${textStart}${process.pid} on ${hostname()} since ${new Date().toISOString()}\n`);
  await writeFile(handle, text, 0, text.length, 0);
  await cutFile(handle, text.length);
}

const textStart = 'process ';

async function readHolder(handle: number): Promise<string> {
  const text = await readText(handle).catch(() => '');
  const [line = ''] = text.split('\n');
  return line.startsWith(textStart) ? line : 'another process';
}

async function readText(handle: number): Promise<string> {
  const { buffer, bytesRead } = await readFile(handle, Buffer.alloc(longestText), 0, longestText, 0);
  return buffer.toString('utf8', 0, bytesRead);
}

function inUse(folder: string, holder: string): PublishError {
  const cure = 'stop that gateway, or give this one a folder of its own';
  return new PublishError('unavailable', 'FOLDER_IN_USE', `${folder} is in use by ${holder}: ${cure}`);
}

function gone(folder: string, mount: string): PublishError {
  const message = `${folder} is not there any more: the volume that was mounted at ${mount} is gone; mount it again`;
  return new PublishError('unavailable', 'FOLDER_GONE', message);
}

const openFile = promisify(open);
const closeFile = promisify(close);
const statHandle = promisify(fstat);
const readFile = promisify(read);
const writeFile = promisify(write);
const cutFile = promisify(ftruncate);

/** Where the volume is mounted that a folder is on, or would be on if it were made. */
async function mountPoint(folder: string): Promise<string> {
  let device: number | undefined;
  for (let path = folder; ; path = dirname(path)) {
    const above = dirname(path);
    device ??= await deviceOf(path);
    if (above === path) return path;
    if (device !== undefined && (await deviceOf(above)) !== device) return path;
  }
}

/** Undefined where there is nothing. */
async function deviceOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).dev;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
