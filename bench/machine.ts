import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { chooseCores } from './launch.js';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly kernel: string;
  /** The 1 minute average before anything was started. */
  readonly load: number;
  /** What was kept for the servers, and what for load and broker; absent: nothing was pinned. */
  readonly pinned?: { readonly serving: string; readonly others: string };
  /** Per cent of the machine's CPU time that a hypervisor gave to others since it started. */
  readonly stolen: number;
}

export function describeMachine(): Machine {
  const [first] = cpus();
  const [load = 0] = loadavg();
  const pinned = chooseCores(1);
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    kernel: release(),
    load: Math.round(load * 100) / 100,
    ...(pinned && { pinned }),
    stolen: readStolen(),
  };
}

function readStolen(): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const times = line.trim().split(/\s+/).slice(1).map(Number);
  const sum = times.reduce((all, each) => all + each, 0);
  return Math.round(((times[7] ?? 0) / sum) * 1000) / 10;
}

/** What makes the figures doubtful, a sentence each. */
export function findDoubts({ load, cores, pinned }: Machine): string[] {
  const doubts: string[] = [];
  if (load > 0.3)
    doubts.push(`The machine was not quiet (load average ${load}): trust the ratios, not the microseconds.`);
  if (pinned === undefined)
    doubts.push('Nothing was pinned to cores (no taskset, or one core): the load runs where it serves.');
  if (cores < 4)
    doubts.push(`With ${cores} cores two workers share one core: their throughput says nothing about scaling.`);
  return doubts;
}

/** Tables with what they were measured on, as Markdown. */
export function formatReport(machine: Machine, tables: readonly string[], doubts: readonly string[]): string {
  const { cpu, cores, memoryGiB, node, kernel, load, stolen } = machine;
  const where = `${cpu}, ${cores} cores, ${memoryGiB} GiB; Node ${node}, Linux ${kernel}; load average ${load} at the start, ${stolen} % stolen.`;
  return `${[where, ...tables.map((table) => table.trimEnd()), ...doubts].join('\n\n')}\n`;
}
