import { type Dirent, promises as files } from 'node:fs';
import { join } from 'node:path';
import type { GatewaySettings } from '../../config/settings.js';
import { forOthers } from '../../util/file-modes.js';
import { type Finding, ok, warning } from './finding.js';

/** Looked at in a folder and the folders in it; those of one age have one mode. */
const mostFiles = 1_000;

/** Whether others than the user of the gateway can read what it keeps; nothing about a folder that is not there yet. */
export async function examineModes({ publisher, dedupe }: GatewaySettings): Promise<readonly Finding[]> {
  const folders = [
    publisher.kind === 'kafka'
      ? { id: 'modes spool.dir', folder: publisher.spool.dir }
      : { id: 'modes embedded.dir', folder: publisher.dir },
    ...(dedupe === undefined ? [] : [{ id: 'modes dedupe.dir', folder: dedupe.dir }]),
  ];
  const found = await Promise.all(folders.map(({ id, folder }) => examineFolder(id, folder)));
  return found.filter((finding) => finding !== undefined);
}

async function examineFolder(id: string, folder: string): Promise<Finding | undefined> {
  const mode = await modeOf(folder);
  if (mode === undefined) return undefined;
  // Whoever cannot enter a folder reads nothing in it, whatever the modes of its files.
  if ((mode & forOthers) === 0) return ok(id, `${folder} is for its user alone`);
  const open = [folder, ...(await listOpen(folder))];
  const files = open.length === 1 ? 'no file' : `${open.length - 1} files or folders`;
  return warning(
    id,
    `${folder} has mode ${octal(mode)}; others may enter it, and can read ${files} in it`,
    `chmod -R go-rwx ${folder}; what the gateway makes from now on is for its user alone`,
  );
}

/** What others can read or enter. */
async function listOpen(folder: string): Promise<readonly string[]> {
  const open: string[] = [];
  const waiting = [folder];
  for (let seen = 0; waiting.length > 0 && seen < mostFiles; ) {
    const here = waiting.pop() ?? folder;
    const entries = await files.readdir(here, { withFileTypes: true }).catch((): Dirent[] => []);
    for (const entry of entries.slice(0, mostFiles - seen)) {
      seen++;
      const path = join(here, entry.name);
      const mode = await modeOf(path);
      if (mode === undefined || (mode & forOthers) === 0) continue;
      open.push(path);
      if (entry.isDirectory()) waiting.push(path);
    }
  }
  return open;
}

async function modeOf(path: string): Promise<number | undefined> {
  const stat = await files.stat(path).catch(() => undefined);
  return stat && stat.mode & 0o777;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
