import type { ValidateFunction } from 'ajv';

/**
 * The checks of the package's own schemas as code, by `$id`. Here there are none, and each is compiled when it is
 * needed; the build puts a file with all of them in the place of this one: compiling them takes a sixth of a start.
 */
export const precompiled: ReadonlyMap<string, ValidateFunction> = new Map();
