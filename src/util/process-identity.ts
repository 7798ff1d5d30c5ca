import { readFileSync } from 'node:fs';

/** Whether a process of this id lives, of whichever user, and was started then. `start`: as `startOf` said; undefined where it is not known. */
export function isAlive(pid: number, start?: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // There is one, of somebody else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  if (start === undefined) return true;
  const actual = startOf(pid);
  return actual === undefined || actual === start;
}

/**
 * When the process started, as the system counts; tells it from a later one with the same id, as in a container that was
 * started again. Field 22 of /proc/PID/stat (proc(5)), after the name, which may have spaces in it. Not every system has it.
 */
export function startOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return undefined;
  }
}
