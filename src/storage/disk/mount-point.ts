import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Where the volume is mounted that a folder is on, or would be on if it were made. */
export async function mountPoint(folder: string): Promise<string> {
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
