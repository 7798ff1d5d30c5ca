import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first program of these names in the PATH, or undefined. */
export function findTool(...names: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

/** A suite that needs a program; without one it isn't there, and one line says so (with `CI=true` a test that fails). */
export function describeWith(names: readonly string[], title: string, body: (path: string) => void): void {
  const path = findTool(...names);
  if (path !== undefined) return void describe(title, () => body(path));
  missSuite(title, `${names.join(' or ')} is not in the PATH`);
}

/** Says in one line that a suite isn't there, and why; with `CI=true` a test that fails. */
export function missSuite(title: string, why: string): void {
  const missing = `The suite "${title}" did not run: ${why}.`;
  if (process.env.CI !== 'true') return void process.stdout.write(`${missing}\n`);
  // Mocha hides what a file throws while it is loaded.
  describe(title, () => {
    it('runs', () => {
      throw new Error(missing);
    });
  });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
