import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { privateFile } from '../../util/file-modes.js';
import { isAlive, startOf } from '../../util/process-identity.js';

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
  const name = `lock.${process.pid}.${startOf(process.pid) ?? 0}`;
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
    if (isAlive(Number(pid), started === '0' ? undefined : Number(started))) return Number(pid);
    await rm(join(folder, name), { force: true });
  }
  return undefined;
}
