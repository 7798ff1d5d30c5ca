import { resolve } from 'node:path';
import { compileCheck } from '../../diagnostics/schema-check.js';
import { parseExactly } from '../../util/json/parse.js';
import { parsePath, putAt } from '../../util/json/paths.js';
import { copyJson } from '../../util/json/write.js';
import { readJson, readSchema } from '../../util/read-text.js';

/** A file of `examples.objects`, as `schemas/example-objects.schema.json` lets it through. */
interface ExampleObjects {
  readonly kinds: {
    readonly [name: string]: {
      readonly headers?: { readonly [name: string]: string };
      readonly payload: object;
      /** Dotted paths. */
      readonly type: string;
      readonly object: string;
    };
  };
  readonly objects: { readonly [name: string]: unknown };
  readonly events: {
    readonly [type: string]: {
      readonly kind: string;
      readonly object: string;
      readonly set?: { readonly [path: string]: unknown };
    };
  };
}

/** An example that was put together. */
export interface ComposedExample {
  readonly type: string;
  readonly headers: { readonly [name: string]: string };
  readonly payload: unknown;
}

/** An example of each event type of the file, by type. Throws an `Error` that names the file if it is not as it should be. */
export async function readExampleObjects(folder: string, name: string): Promise<readonly ComposedExample[]> {
  const file = resolve(folder, name);
  const checked = compileCheck<ExampleObjects>(await readSchema('example-objects'))(await readJson(file, parseExactly));
  if (!('value' in checked))
    throw new Error(`${file} has no objects of examples (schemas/example-objects.schema.json)`);
  const { kinds, objects, events } = checked.value;
  return Object.entries(events).map(([type, { kind, object, set = {} }]) => {
    const around = kinds[kind];
    if (around === undefined || !Object.hasOwn(objects, object)) {
      throw new Error(`${file}: the event ${type} names a kind or an object that is not there`);
    }
    const payload: unknown = copyJson(around.payload);
    putAt(payload, parsePath(around.type), type);
    putAt(payload, parsePath(around.object), copyJson(objects[object]));
    for (const [path, value] of Object.entries(set)) putAt(payload, parsePath(path), copyJson(value));
    return { type, headers: around.headers ?? {}, payload };
  });
}
