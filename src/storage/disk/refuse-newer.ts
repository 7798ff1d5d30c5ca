import { join } from 'node:path';
import type { Files } from './files.js';
import { longestSeal, unseal } from './seal.js';

/** Throws a `NewerFormatError` if a newer version has written a file of the folder: before anything of it is touched. */
export async function refuseNewer(files: Files, folder: string): Promise<void> {
  for (const name of await files.list(folder)) {
    const path = join(folder, name);
    const bytes = await files.read(path, 0, longestSeal).catch(orFolder);
    if (bytes !== undefined) unseal(bytes, path);
  }
}

function orFolder(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && (error.code === 'EISDIR' || error.code === 'ENOENT'))
    return undefined;
  throw error;
}
