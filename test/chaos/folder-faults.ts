import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { haltBrokers } from './broker-faults.js';
import { crash } from './gateway-faults.js';
import type { Scene } from './scene.js';
import type { Fault } from './schedule.js';

/**
 * Kafka is unavailable, and what the spool holds is deleted or moved under the running gateway, which is to write it again. A crash that
 * comes before it can have noticed takes with it what was spooled until then: `wipes` tells the judge.
 */
export async function loseFolder(
  scene: Scene,
  { how, crash: what, wait, hold }: Extract<Fault, { kind: 'lose-folder' }>,
): Promise<void> {
  const half = hold * 500;
  const moved = join(scene.spool, 'moved');
  try {
    const from = Date.now();
    await haltBrokers(scene.cluster.nodes, async () => {
      await delay(half);
      await (how === 'delete' ? deleteContents(scene.spool) : moveContents(scene.spool, moved));
      scene.wipes.push({ from, at: Date.now() });
      if (what !== 'none') {
        await delay(wait);
        await crash(scene, what);
      }
      await delay(half);
    });
  } finally {
    await rm(moved, { recursive: true, force: true });
  }
}

/** The gateway may be writing some of it again before all is gone, which `rm` takes for a fault. */
async function deleteContents(folder: string): Promise<void> {
  const names = await readdir(folder);
  await once(spawn('rm', ['-rf', ...names.map((name) => join(folder, name))], { stdio: 'ignore' }), 'close');
}

async function moveContents(folder: string, to: string): Promise<void> {
  const names = await readdir(folder);
  await mkdir(to);
  for (const name of names) await rename(join(folder, name), join(to, name));
}

/** The spool's volume is taken away and mounted again, as it was. Kafka is unavailable for a part of the time only. */
export async function unmountSpool(scene: Scene, { hold }: Extract<Fault, { kind: 'unmount' }>): Promise<void> {
  const { spool, volume, cluster } = scene;
  if (volume === undefined) throw new Error('the spool has no volume of its own');
  const third = Math.round((hold * 1000) / 3);
  try {
    await haltBrokers(cluster.nodes, async () => {
      await delay(third);
      execFileSync('umount', ['-l', spool]);
      await delay(third);
    });
    await delay(third);
  } finally {
    mountAt(volume, spool);
  }
}

/**
 * A volume that can be taken away from a folder, and keeps what is on it: a small file system in `volume`, which is at `folder` too.
 * Both are unmounted by the function that it returns, and at the end of the process.
 */
export function makeVolume(volume: string, folder: string): () => void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'none', volume]);
  mountAt(volume, folder);
  function remove(): void {
    process.off('exit', remove);
    for (const path of [folder, volume]) spawnSync('umount', ['-l', path]);
  }
  process.on('exit', remove);
  return remove;
}

function mountAt(volume: string, folder: string): void {
  execFileSync('mount', ['--bind', volume, folder]);
}
