import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mutant } from './mutants.js';

/** The source with the fault in it. Throws where its text isn't there exactly once. */
export function mutate(source: string, { fault, file, find, replace }: Mutant): string {
  return replaceOnce(source, find, replace, `"${fault}" of test/mutate/mutants.ts: ${file}`);
}

/** The source with another text in the place of one. Throws, naming `where`, unless the text stands there exactly once. */
export function replaceOnce(source: string, find: string, replace: string, where: string): string {
  const [before, after, ...others] = source.split(find);
  if (before !== undefined && after !== undefined && others.length === 0) return `${before}${replace}${after}`;
  throw new Error(`${where}: this text stands ${source.split(find).length - 1} times there; once is needed: ${find}`);
}

/** Plants the fault in a copy of the project. Gives what takes it out again. */
export async function plant(copy: string, mutant: Mutant): Promise<() => Promise<void>> {
  const path = join(copy, mutant.file);
  const source = await readFile(path, 'utf8');
  await writeFile(path, mutate(source, mutant));
  return () => writeFile(path, source);
}
