import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compileCheck } from '../diagnostics/schema-check.js';
import { privateFile, privateFolder } from '../util/file-modes.js';
import { fieldsOf, parseJson } from '../util/values.js';
import { comparable, type Side } from './diff.js';
import type { Plain } from './resolved.js';
import type { GatewaySettings } from './settings.js';

/** A configuration that was put into effect. */
export interface KeptConfig {
  readonly digest: string;
  /** RFC 3339. */
  readonly loadedAt: string;
  /** What it put into effect, in the form that is compared; secrets by name. */
  readonly effect: Plain;
}

/** Configurations that are kept; the oldest make room. */
const most = 50;

/** Beside what the gateway has on this machine anyway. */
export function historyFolder({ publisher }: Pick<GatewaySettings, 'publisher'>): string {
  return join(publisher.kind === 'kafka' ? publisher.spool.dir : publisher.dir, 'configurations');
}

/**
 * Keeps what a configuration puts into effect, unless it is the one that was kept last. Rejects with the system's error. The
 * folder that the gateway works in is not made again here: where it is gone, that is for others to say.
 */
export async function keepConfig({
  settings,
  sources,
  digest,
  loadedAt,
}: Side & { readonly digest: string; readonly loadedAt: number }): Promise<void> {
  const folder = historyFolder(settings);
  const names = await listNames(folder);
  if (names.at(-1)?.endsWith(`-${digest}.json`)) return;
  await mkdir(folder, { mode: privateFolder }).catch(unlessThere);
  const at = new Date(loadedAt).toISOString();
  const file = join(folder, `${at.replace(/[-:.]/g, '')}-${digest}.json`);
  const kept: KeptConfig = { digest, loadedAt: at, effect: comparable({ settings, sources }) };
  await writeFile(`${file}.new`, `${JSON.stringify(kept)}\n`, { mode: privateFile });
  await rename(`${file}.new`, file);
  for (const name of names.slice(0, Math.max(0, names.length + 1 - most)))
    await rm(join(folder, name), { force: true });
}

/** The oldest first. What cannot be read is left out; a folder that is not there has none. */
export async function readHistory(settings: Pick<GatewaySettings, 'publisher'>): Promise<readonly KeptConfig[]> {
  const folder = historyFolder(settings);
  const read = (await listNames(folder)).map(async (name) => {
    const checked = check(parseJson(await readFile(join(folder, name), 'utf8').catch(() => '')));
    return 'value' in checked ? [checked.value] : [];
  });
  return (await Promise.all(read)).flat();
}

/** What a configuration puts into effect, as it is kept. */
export function effectOf(side: Side): Plain {
  return fieldsOf(parseJson(JSON.stringify(comparable(side))));
}

const check = compileCheck<KeptConfig>({
  type: 'object',
  required: ['digest', 'loadedAt', 'effect'],
  properties: { digest: { type: 'string' }, loadedAt: { type: 'string' }, effect: { type: 'object' } },
});

async function listNames(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => /^\d{8}T\d{9}Z-[\da-f]+\.json$/.test(name)).sort();
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
