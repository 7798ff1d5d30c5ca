import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Checked, compileCheck } from '../../diagnostics/schema-check.js';
import { parseExactly } from '../../util/json/parse.js';
import { readJson, readSchema } from '../../util/read-text.js';
import type { Freshness } from './declaration.js';
import { readPlugin } from './load.js';

/** An example delivery of a provider. */
export interface Example {
  /** The event type: the name of the file. */
  readonly type: string;
  /** Beside the content type and the signature; lower-case names. */
  readonly headers: { readonly [name: string]: string };
  /** A JSON value with `ExactNumber`s. */
  readonly payload: unknown;
  /** Dotted path into the payload → what a send puts there. */
  readonly fresh: { readonly [path: string]: Freshness };
}

export interface ExampleDeclaration {
  readonly headers?: Example['headers'];
  readonly payload: unknown;
}

/** Checks the file of an example against its schema. */
export async function compileExampleCheck(): Promise<(value: unknown) => Checked<ExampleDeclaration>> {
  return compileCheck<ExampleDeclaration>(await readSchema('example'));
}

/** All that the simulator can send of the plugin in `folder`, by type: its examples, then what is made of `examples.objects`. */
export async function listSendable(folder: string): Promise<readonly Example[]> {
  const examples = (await readPlugin(folder)).source?.declaration.examples;
  const written = await listExamples(folder);
  if (examples?.objects === undefined) return written;
  const known = new Set(written.map(({ type }) => type));
  const { readExampleObjects } = await import('./example-objects.js');
  const made = await readExampleObjects(folder, examples.objects);
  const { fresh = {} } = examples;
  return [...written, ...made.filter(({ type }) => !known.has(type)).map((each) => ({ ...each, fresh }))];
}

/** The examples of the plugin in `folder`, by type. Throws an `Error` that names the file if one is not as it should be. */
export async function listExamples(folder: string): Promise<readonly Example[]> {
  const examples = (await readPlugin(folder)).source?.declaration.examples;
  if (examples === undefined) return [];
  const dir = resolve(folder, examples.dir);
  const check = await compileExampleCheck();
  const names = (await readdir(dir)).filter((name) => name.endsWith('.json')).sort();
  return Promise.all(
    names.map(async (name) => {
      const checked = check(await readJson(join(dir, name), parseExactly));
      if (!('value' in checked)) throw new Error(`${join(dir, name)} is not an example (schemas/example.schema.json)`);
      const { headers = {}, payload } = checked.value;
      return { type: name.slice(0, -'.json'.length), headers, payload, fresh: examples.fresh ?? {} };
    }),
  );
}
