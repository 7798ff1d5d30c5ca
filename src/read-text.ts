import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from './package-root.js';

/** The text of a file, or why it can't be read, as the system names it (`ENOENT`, `EACCES`, `EISDIR`). */
export type FileText = { readonly text: string } | { readonly reason: string };

/** Where configuration and plugins are read from. Paths are absolute. */
export interface Files {
  read(path: string): Promise<FileText>;
  /** Names of the subfolders that have a plugin.yaml; absent if there is no such folder. */
  listPlugins(folder: string): Promise<readonly string[] | undefined>;
}

/** All that was read, to be read again with the same result, by another process too. */
export interface Snapshot {
  readonly texts: { readonly [path: string]: FileText };
  readonly folders: { readonly [folder: string]: readonly string[] };
}

export const disk: Files = { read: readText, listPlugins };

async function readText(path: string): Promise<FileText> {
  try {
    return { text: await readFile(path, 'utf8') };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  throw error;
}

async function listPlugins(folder: string): Promise<readonly string[] | undefined> {
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined) return undefined;
  const plugins = await Promise.all(names.map((name) => isFile(join(folder, name, 'plugin.yaml'))));
  return names.filter((_, index) => plugins[index] === true);
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ?? false;
}

/** Reads through, and keeps what it has read. */
export function recordFiles(files: Files): Files & { snapshot(): Snapshot } {
  const texts = new Map<string, FileText>();
  const folders = new Map<string, readonly string[]>();
  return {
    async read(path) {
      const text = await files.read(path);
      texts.set(path, text);
      return text;
    },
    async listPlugins(folder) {
      const names = await files.listPlugins(folder);
      if (names !== undefined) folders.set(folder, names);
      return names;
    },
    snapshot: () => ({ texts: Object.fromEntries(texts), folders: Object.fromEntries(folders) }),
  };
}

/** The files as they were. */
export function replayFiles({ texts, folders }: Snapshot): Files {
  return {
    read: async (path) => texts[path] ?? { reason: 'ENOENT' },
    listPlugins: async (folder) => folders[folder],
  };
}

/** The disk, for a process that has nothing else to do meanwhile: many small files are read in a fraction of the time. */
export const blockingDisk: Files = {
  read: async (path) => {
    try {
      return { text: readFileSync(path, 'utf8') };
    } catch (error) {
      return { reason: reasonOf(error) };
    }
  },
  listPlugins: async (folder) => {
    try {
      return readdirSync(folder).filter((name) => isFileSync(join(folder, name, 'plugin.yaml')));
    } catch {
      return undefined;
    }
  },
};

function isFileSync(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

/** A JSON file of this package or of a plugin. Rejects if it is none. `parse`: what reads its text. */
export async function readJson(path: string, parse: (text: string) => unknown = JSON.parse): Promise<object> {
  const value = parse(await readFile(path, 'utf8'));
  if (typeof value !== 'object' || value === null) throw new Error(`${path} is no JSON object`);
  return value;
}

const schemas = new Map<string, Promise<object>>();

/** A JSON Schema of this package, always the same object. `name`: `gateway`, `plugin`, `example`. */
export function readSchema(name: string): Promise<object> {
  const schema = schemas.get(name) ?? readJson(join(packageRoot, 'schemas', `${name}.schema.json`));
  schemas.set(name, schema);
  return schema;
}
