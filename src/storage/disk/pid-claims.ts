import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { privateFile } from '../../util/file-modes.js';

/**
 * How gateways before the kernel's lock told each other that a folder is taken: an empty file `lock.PID.START`. Those of one
 * PID namespace see each other by it, so that an old and a new version side by side respect each other during an update.
 * Between namespaces such a file cannot be told from what a crash has left behind: there, the old version is stopped first.
 */
export interface PidClaim {
  release(): Promise<void>;
}

/** Claims a folder, or says which living process has claimed it. What the dead have left is removed. */
export async function claimByPid(folder: string): Promise<PidClaim | { readonly holder: number }> {
  const name = `lock.${process.pid}.${(await startOf(process.pid)) ?? 0}`;
  const claim = join(folder, name);
  let holder = await findOther(folder, name);
  if (holder !== undefined) return { holder };
  await writeFile(claim, '', { mode: privateFile });
  // Of two that come at once, at least one sees the other.
  holder = await findOther(folder, name);
  if (holder === undefined) return { release: () => rm(claim, { force: true }) };
  await rm(claim, { force: true });
  return { holder };
}

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
