import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Of `/proc/PID/stat`: Linux counts in hundredths of a second for everybody. */
const ticksPerSecond = 100;

/** The process and all that it has started, as Linux knows them. */
export function findTree(pid: number): number[] {
  return [pid, ...listChildren(pid).flatMap(findTree)];
}

function listChildren(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

/** Seconds of CPU, in user space and in the kernel, that the processes have used so far. */
export function readCpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in brackets may have spaces; utime and stime are the 12th and 13th field after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / ticksPerSecond;
}

/** Forgets the peaks so far. */
export function resetPeakMemory(pids: readonly number[]): void {
  for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** MiB: the sum of what each process had at its peak (`VmHWM`) or has now (`VmRSS`). */
export function readMemory(pids: readonly number[], field: 'VmHWM' | 'VmRSS' = 'VmHWM'): number {
  let kilobytes = 0;
  for (const pid of pids) {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    kilobytes += Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  }
  return kilobytes / 1024;
}
