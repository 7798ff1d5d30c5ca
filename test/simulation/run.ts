/**
 * Simulated schedules of faults, as many as wanted: `npm run simulate-faults -- --schedules 100000 --from 1`. A broken promise
 * is printed with its seed, and `--seed` replays that one exactly. The last line says where to go on.
 */
import { spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { bundleSimulation } from './bundle.js';

const file = await bundleSimulation(process.cwd());
try {
  const { status } = spawnSync(process.execPath, [file, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} finally {
  await rm(dirname(file), { recursive: true, force: true });
}
