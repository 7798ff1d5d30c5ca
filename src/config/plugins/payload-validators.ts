import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ValidateFunction } from 'ajv';
import type { Ajv2020, Options } from 'ajv/dist/2020.js';
import { toLinear } from '../../core/rules/linear-regex.js';
import { newAjv } from '../../diagnostics/ajv.js';
import { require } from '../../util/require.js';

/** Two functions for one schema: with the first disagreement that is found, and with all of them. */
export interface PayloadValidators {
  readonly first: ValidateFunction;
  every(): ValidateFunction;
}

/** A file that the build wrote: what makes the function, of what compiles its patterns. */
type Compiled = (patterns: typeof linear) => ValidateFunction;

/** Of a schema that came with the package, which the build has compiled. Found by its text: a change, and it isn't that one. */
export function findValidators(text: string): PayloadValidators | undefined {
  const file = fileURLToPath(compiledFile(text, 'first'));
  if (!existsSync(file)) return undefined;
  const first: Compiled = require(file);
  return { first: first(linear), every: once(() => loadEvery(text)) };
}

/** Only once a payload is refused: it is as large as the other. */
function loadEvery(text: string): ValidateFunction {
  const every: Compiled = require(fileURLToPath(compiledFile(text, 'every')));
  return every(linear);
}

/** Where the build writes them; not there beside the sources. */
export const compiledFolder: URL = new URL('./compiled/', import.meta.url);

/** The file for the schema of this text. */
export function compiledFile(text: string, kind: 'first' | 'every'): URL {
  return new URL(`${createHash('sha256').update(text).digest('hex').slice(0, 32)}.${kind}.cjs`, compiledFolder);
}

/** Throws if ajv can't compile it. */
export function compileValidators(schema: object): PayloadValidators {
  return { first: compileWith(firstAjv(), schema), every: once(() => compileWith(everyAjv(), schema)) };
}

/** One for all schemas: making it takes as long as compiling one. */
const firstAjv = once(() => createAjv('first', { optimize: false }));
const everyAjv = once(() => createAjv('every', { optimize: false }));

/** Forgets the schema again: two plugins may have the same `$id` in theirs. */
function compileWith(ajv: Ajv2020, schema: object): ValidateFunction {
  try {
    return ajv.compile(schema);
  } finally {
    ajv.removeSchema(schema);
  }
}

/** Patterns of schemas see payloads of strangers: none may take more than linear time. */
const linear = Object.assign((pattern: string) => toLinear(new RegExp(pattern, 'u')), { code: 'linear' });

/** What a `$ref` means is a function of its own: one that has the whole of a large schema is too large for V8 to optimise. */
export function createAjv(kind: 'first' | 'every', code: Options['code']): Ajv2020 {
  return newAjv({ allErrors: kind === 'every', inlineRefs: false, code: { regExp: linear, ...code } });
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
