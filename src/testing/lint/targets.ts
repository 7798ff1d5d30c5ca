import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Something to lint: a gateway.yaml, or the folder of a plugin. Absolute path. */
export type LintTarget = { readonly config: string } | { readonly plugin: string };

/**
 * What there is to lint at an absolute path: a file as it is; in a folder and those below it every configuration and every
 * plugin, in the order of their paths. A path that isn't there counts as a file: the linter says that it is missing.
 */
export function findTargets(path: string): readonly LintTarget[] {
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    return [basename(path) === 'plugin.yaml' ? { plugin: join(path, '..') } : { config: path }];
  }
  return search(path);
}

function search(folder: string): readonly LintTarget[] {
  const entries = readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (entries.some(({ name }) => name === 'plugin.yaml')) return [{ plugin: folder }];
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return isSearched(entry) ? search(path) : [];
    return isConfig(path) ? [{ config: path }] : [];
  });
}

function isSearched({ name }: Dirent): boolean {
  return !name.startsWith('.') && name !== 'node_modules';
}

/** By its name, by what it tells editors, or by having endpoints. */
function isConfig(path: string): boolean {
  if (!/\.ya?ml$/.test(path)) return false;
  if (/^gateway[^/]*$/.test(basename(path))) return true;
  const text = readFileSync(path, 'utf8');
  return /^# yaml-language-server:.*\bgateway\.schema\.json\s*$/m.test(text) || /^endpoints:/m.test(text);
}
