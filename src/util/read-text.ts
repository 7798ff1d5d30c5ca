import { readdirSync, readFileSync, statSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from './package-root.js';
import { isAbsence, reasonOf } from './read-fault.js';

/** The text of a file, or why it can't be read, as the system names it (`ENOENT`, `EACCES`, `EISDIR`). */
export type FileText = { readonly text: string } | { readonly reason: string };

/** Names in a folder, or why it can't be read. */
export type FolderNames = { readonly names: readonly string[] } | { readonly reason: string };

/** Where configuration and plugins are read from. Paths are absolute. */
export interface Files {
  read(path: string): Promise<FileText>;
  /** Names of the subfolders that have a plugin.yaml, those too that nobody may look into: to read it then says so. */
  listPlugins(folder: string): Promise<FolderNames>;
}

/** All that was read, to be read again with the same result, by another process too. */
export interface Snapshot {
  readonly texts: { readonly [path: string]: FileText };
  readonly folders: { readonly [folder: string]: FolderNames };
}

export const disk: Files = { read: readText, listPlugins };

async function readText(path: string): Promise<FileText> {
  try {
    return { text: await readFile(path, 'utf8') };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

async function listPlugins(folder: string): Promise<FolderNames> {
  try {
    const names = await readdir(folder);
    const plugins = await Promise.all(names.map((name) => mayBeFile(join(folder, name, 'plugin.yaml'))));
    return { names: names.filter((_, index) => plugins[index] === true) };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

/** True, too, where only reading it will tell. */
async function mayBeFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    (error: unknown) => !isAbsence(reasonOf(error)),
  );
}

/** Reads through, and keeps what it has read. */
export function recordFiles(files: Files): Files & { snapshot(): Snapshot } {
  const texts = new Map<string, FileText>();
  const folders = new Map<string, FolderNames>();
  return {
    async read(path) {
      const text = await files.read(path);
      texts.set(path, text);
      return text;
    },
    async listPlugins(folder) {
      const names = await files.listPlugins(folder);
      folders.set(folder, names);
      return names;
    },
    snapshot: () => ({ texts: Object.fromEntries(texts), folders: Object.fromEntries(folders) }),
  };
}

/** The files as they were. */
export function replayFiles({ texts, folders }: Snapshot): Files {
  return {
    read: async (path) => texts[path] ?? { reason: 'ENOENT' },
    listPlugins: async (folder) => folders[folder] ?? { reason: 'ENOENT' },
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
    const listed = listFolder(folder);
    if ('reason' in listed) return listed;
    return { names: listed.names.filter((name) => mayBeFileSync(join(folder, name, 'plugin.yaml'))) };
  },
};

function mayBeFileSync(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch (error) {
    return !isAbsence(reasonOf(error));
  }
}

/** What is in a folder. */
export function listFolder(folder: string): FolderNames {
  try {
    return { names: readdirSync(folder) };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

/** Whether there is something of this name; true, too, where only reading it will tell. */
export function mayBeThere(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    return !isAbsence(reasonOf(error));
  }
}

/** A JSON file of this package or of a plugin. Rejects if it is none. `parse`: what reads its text. */
export async function readJson(path: string, parse: (text: string) => unknown = JSON.parse): Promise<object> {
  const value = parse(await readFile(path, 'utf8'));
  if (typeof value !== 'object' || value === null) throw new Error(`${path} is not a JSON object`);
  return value;
}

const schemas = new Map<string, Promise<object>>();

/** A JSON Schema of this package, always the same object. `name`: `gateway`, `plugin`, `example`. */
export function readSchema(name: string): Promise<object> {
  const schema = schemas.get(name) ?? readJson(join(packageRoot, 'schemas', `${name}.schema.json`));
  schemas.set(name, schema);
  return schema;
}
