// Writes the code of the package's own JSON Schemas over the empty dist/diagnostics/precompiled.js.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import standalone from 'ajv/dist/standalone/index.js';
import { createAjv, metaSchema } from '../dist/diagnostics/schema-check.js';

const folder = new URL('../schemas/', import.meta.url);
const ajv = createAjv({ source: true, esm: true });
const schemas = readdirSync(folder)
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')))
  .filter(({ $id }) => $id !== undefined);
const ids = [metaSchema, ...schemas.map(({ $id }) => $id)];
for (const schema of schemas) ajv.addSchema(schema);
writeFileSync(
  new URL('../dist/diagnostics/precompiled.js', import.meta.url),
  [
    "import { createRequire } from 'node:module';",
    'const require = createRequire(import.meta.url);',
    standalone.default(ajv, Object.fromEntries(ids.map((id, index) => [`check${index}`, id]))),
    `export const precompiled = new Map([${ids.map((id, index) => `[${JSON.stringify(id)}, check${index}]`)}]);\n`,
  ].join('\n'),
);
