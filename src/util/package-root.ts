import { fileURLToPath } from 'node:url';

/** The folder of this package, with `schemas/` and `plugins/` in it, from the sources as from `dist/`. */
export const packageRoot: string = fileURLToPath(new URL('../..', import.meta.url));
