import { createRequire } from 'node:module';

/**
 * Loads what is written as CommonJS. `import` would search its whole text for the names that it exports, which takes many
 * times as long as loading it: for JSONata alone 45 ms of every start.
 */
export const require: NodeJS.Require = createRequire(import.meta.url);
