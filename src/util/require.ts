import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const load = createRequire(import.meta.url);
const bundle = fileURLToPath(new URL('../dependencies.cjs', import.meta.url));
/** What the build has put into one file, by name. There is none beside the sources. */
const bundled: { readonly [name: string]: () => unknown } = existsSync(bundle) ? load(bundle) : {};

/**
 * Loads what is written as CommonJS. `import` would search its whole text for the names that it exports, which takes many
 * times as long as loading it: without it, a start took a sixth longer.
 */
export function require(name: string): ReturnType<NodeJS.Require> {
  return bundled[name]?.() ?? load(name);
}
