import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { PluginDeclaration } from '../../../config/plugins/declaration.js';
import { type Example, listSendable } from '../../../config/plugins/examples.js';
import { readPlugin } from '../../../config/plugins/load.js';
import { compileCheck } from '../../../diagnostics/schema-check.js';
import { readSchema } from '../../../util/read-text.js';
import { require } from '../../../util/require.js';

const { parse }: typeof import('yaml') = require('yaml');

/** Dotted path into the payload, or `$headers.NAME` → value; a text that begins with `=` is a rule. */
export type ScenarioSettings = { readonly [path: string]: unknown };

/** A value of a life. */
export type ValueDeclaration =
  | { readonly id: string }
  | { readonly integer: readonly [number, number] }
  | { readonly oneOf: readonly unknown[] }
  | { readonly is: string };

/** A file of `examples.scenarios`, as `schemas/scenario.schema.json` lets it through. */
export interface ScenarioDeclaration {
  readonly version: 1;
  readonly title: string;
  readonly weight?: number;
  /** All events have one key. */
  readonly payment?: true;
  readonly values?: { readonly [name: string]: ValueDeclaration };
  readonly always?: readonly { readonly events: readonly string[]; readonly set: ScenarioSettings }[];
  readonly steps: readonly {
    readonly event: string;
    readonly like?: string;
    readonly after?: string;
    readonly set?: ScenarioSettings;
  }[];
}

/** A scenario with what its plugin says of the events. */
export interface Scenario extends ScenarioDeclaration {
  readonly name: string;
  /** Event type → example. */
  readonly examples: ReadonlyMap<string, Example>;
  readonly retries: NonNullable<PluginDeclaration['retries']>;
  readonly older: ScenarioSettings | undefined;
  readonly twin: string | undefined;
}

/** The scenarios of the plugin in `folder`, by name. Throws an `Error` that names the file if one is not as it should be. */
export async function listScenarios(folder: string): Promise<readonly Scenario[]> {
  const declaration = (await readPlugin(folder)).source?.declaration;
  const { scenarios, older, twin } = declaration?.examples ?? {};
  if (scenarios === undefined) return [];
  const dir = resolve(folder, scenarios);
  const check = compileCheck<ScenarioDeclaration>(await readSchema('scenario'));
  const examples = new Map((await listSendable(folder)).map((example) => [example.type, example]));
  const names = (await readdir(dir)).filter((name) => name.endsWith('.yaml')).sort();
  return Promise.all(
    names.map(async (file) => {
      const path = join(dir, file);
      const checked = check(parse(await readFile(path, 'utf8')));
      if (!('value' in checked)) throw new Error(`${path} is not a scenario (schemas/scenario.schema.json)`);
      for (const { event, like } of checked.value.steps) {
        if (!examples.has(like ?? event)) throw new Error(`${path}: there is no example of "${like ?? event}"`);
      }
      const name = file.slice(0, -'.yaml'.length);
      return { ...checked.value, name, examples, retries: declaration?.retries ?? {}, older, twin };
    }),
  );
}
