import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Failure } from '../../exit.js';
import { privateFile } from '../../util/file-modes.js';
import type { InitFiles } from './files.js';

/**
 * Writes the files into the working directory, and gives the paths of what was written or changed. Throws a `negative`
 * Failure, with nothing written, if a new file is there already, unless `force`. What a file gets added is added only where
 * it is missing: a secret or a rule that is there stays.
 */
export function writeInitFiles({ whole, added }: InitFiles, force: boolean): readonly string[] {
  const there = [...whole.keys()].filter((path) => existsSync(path));
  if (there.length > 0 && !force) {
    const which = there.length === 1 ? `${there[0]} is` : `${there.join(', ')} are`;
    throw new Failure('negative', `${which} there already, and nothing was written: --force overwrites`);
  }
  for (const [path, text] of whole) {
    mkdirSync(dirname(resolve(path)), { recursive: true });
    writeFileSync(path, text);
  }
  const changed = [...added].filter(([path, lines]) => addLines(path, lines)).map(([path]) => path);
  return [...whole.keys(), ...changed].map((path) => join(path));
}

function addLines(path: string, lines: readonly string[]): boolean {
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const known = new Set(before.split('\n').map(keyOf));
  const missing = lines.filter((line) => !known.has(keyOf(line)));
  if (missing.length === 0) return false;
  const gap = before === '' || before.endsWith('\n') ? '' : '\n';
  writeFileSync(path, `${before}${gap}${missing.join('\n')}\n`, path === '.env' ? { mode: privateFile } : {});
  return true;
}

/** Of `NAME=value` the name, else the line; `data` and `data/` ignore the same folder. */
function keyOf(line: string): string {
  const [, name] = /^\s*([A-Za-z_][A-Za-z0-9_]*)=/.exec(line) ?? [];
  return name ?? line.trim().replace(/\/$/, '');
}
