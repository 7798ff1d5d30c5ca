import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mutant } from './mutants.js';

/** The source with the fault in it. Throws where its text isn't there exactly once. */
export function mutate(source: string, { fault, file, find, replace }: Mutant): string {
  const [before, after, ...others] = source.split(find);
  if (before === undefined || after === undefined || others.length > 0) {
    const times = source.split(find).length - 1;
    throw new Error(
      `"${fault}": its text stands ${times} times in ${file}; once is needed. See test/mutate/mutants.ts`,
    );
  }
  return `${before}${replace}${after}`;
}

/** Plants the fault in a copy of the project. Gives what takes it out again. */
export async function plant(copy: string, mutant: Mutant): Promise<() => Promise<void>> {
  const path = join(copy, mutant.file);
  const source = await readFile(path, 'utf8');
  await writeFile(path, mutate(source, mutant));
  return () => writeFile(path, source);
}
