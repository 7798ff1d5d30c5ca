// Writes JSON Schemas as code: the package's own over the empty dist/diagnostics/precompiled.js, those of the plugins'
// payloads into two files each: a start loads the one that finds the first fault, a refused payload the one that finds all.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import standalone from 'ajv/dist/standalone/index.js';
import { transformSync } from 'esbuild';
import * as payload from '../dist/config/plugins/payload-validators.js';
import { checkSchema, createAjv, metaSchema } from '../dist/diagnostics/schema-check.js';

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

/**
 * A function that makes the validator: its patterns are matched by what it is given. Without patterns, its parts are not inside
 * of another function: those are parsed twice.
 */
function writeValidator(kind, schema) {
  const made = payload.createAjv(kind, { source: true });
  const code = standalone.default(made, made.compile(schema));
  const patterns = /\blinear\b/.test(code);
  const text = patterns
    ? `module.exports = (linear) => {\nconst module = {};\n${code}\nreturn module.exports;\n};\n`
    : `${code}\nconst made = module.exports;\nmodule.exports = () => made;\n`;
  return transformSync(text, { minify: true, format: 'cjs', target: 'node20.19' }).code;
}

const plugins = new URL('../plugins/', import.meta.url);
const paths = readdirSync(plugins, { recursive: true }).filter((path) => path.endsWith('.schema.json'));
rmSync(payload.compiledFolder, { recursive: true, force: true });
mkdirSync(payload.compiledFolder);
for (const path of paths) {
  const text = readFileSync(new URL(path, plugins), 'utf8');
  const schema = JSON.parse(text);
  if (checkSchema(schema).length > 0) throw new Error(`plugins/${path} is no JSON Schema`);
  for (const kind of ['first', 'every']) writeFileSync(payload.compiledFile(text, kind), writeValidator(kind, schema));
}
