import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { haltBrokers } from './broker-faults.js';
import type { Scene } from './scene.js';
import type { Fault } from './schedule.js';

/** What `disk-faults.ts` does to a process. */
export interface DiskFault {
  /** Absolute path; what is below it fails. */
  readonly folder: string;
  readonly error: 'EIO' | 'ENOSPC' | 'EROFS';
  /** `change`: names and small files, also opening a file to write. */
  readonly calls: readonly ('sync' | 'write' | 'change' | 'read')[];
  /** So many calls of a hundred fail. */
  readonly percent: number;
}

/** The environment with which a gateway's disk can be made to fail: see `failDisk`. */
export async function prepareDiskFaults(dir: string): Promise<{ readonly [name: string]: string }> {
  const preload = join(dir, 'disk-faults.mjs');
  const source = fileURLToPath(new URL('./disk-faults.ts', import.meta.url));
  await build({ entryPoints: [source], outfile: preload, format: 'esm', platform: 'node', target: 'node20' });
  const { NODE_OPTIONS: given = '' } = process.env;
  return {
    NODE_OPTIONS: `${given} --import=${pathToFileURL(preload).href}`.trim(),
    CHAOS_DISK_FAULT: controlFile(dir),
  };
}

function controlFile(dir: string): string {
  return join(dir, 'disk-fault.json');
}

/** Which calls fail so on a real disk. */
const affected = {
  sync: ['sync'],
  write: ['write', 'change'],
  read: ['read'],
} as const;

/** The spool's disk fails while Kafka is unavailable, and a while longer: what was spooled is sent meanwhile. */
export async function failDisk(
  scene: Scene,
  { error, on, percent, hold }: Extract<Fault, { kind: 'fail-disk' }>,
): Promise<void> {
  const fault: DiskFault = { folder: scene.spool, error, calls: affected[on], percent };
  const quarter = hold * 250;
  try {
    await haltBrokers(scene.cluster.nodes, async () => {
      await delay(quarter);
      await writeFile(controlFile(scene.dir), JSON.stringify(fault));
      await delay(2 * quarter);
    });
    await delay(quarter);
  } finally {
    await rm(controlFile(scene.dir), { force: true });
  }
}
