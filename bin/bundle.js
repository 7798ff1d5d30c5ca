// Writes dist/dependencies.cjs: the dependencies of nearly every start in one file, which loads in two thirds of the time
// that their 250 files take. src/util/require.ts finds them there. Not pino and kafkajs: they look up files of their own, or
// we do.
import { build } from 'esbuild';

const names = [
  ...['args', 'command', 'config', 'execute', 'flags'].map((part) => `@oclif/core/${part}`),
  ...['@koa/router', 'fast-xml-parser', 'fastest-levenshtein', 'jsonata', 'jsonc-parser', 'koa', 'koa-compose', 'yaml'],
];
const members = names.map((name) => `${JSON.stringify(name)}: () => require(${JSON.stringify(name)})`);
await build({
  stdin: { contents: `module.exports = {\n${members.join(',\n')}\n};`, resolveDir: import.meta.dirname },
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'cjs',
  outfile: new URL('../dist/dependencies.cjs', import.meta.url).pathname,
  // What it calls its main file can't be bundled.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  // oclif asks for it only where a command line is in TypeScript.
  external: ['typescript'],
  logLevel: 'warning',
});
