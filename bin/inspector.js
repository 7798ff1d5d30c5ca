// Writes dist/inspector/pages/: the pages of the web inspector, one script and one style sheet whose names have the digest
// of what is in them, and index.html, which names both.
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const pages = new URL('../src/inspector/pages/', import.meta.url);
const outdir = fileURLToPath(new URL('../dist/inspector/pages/', import.meta.url));
rmSync(outdir, { recursive: true, force: true });
const { outputs } = (
  await build({
    entryPoints: ['main.tsx', 'style.css'].map((name) => fileURLToPath(new URL(name, pages))),
    entryNames: '[name]-[hash]',
    outdir,
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2022', 'chrome111', 'firefox114', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
).metafile;
const names = Object.keys(outputs).map((path) => basename(path));
let html = readFileSync(new URL('index.html', pages), 'utf8');
for (const name of names) {
  const [, stem, extension] = /^(.+)-\w+(\.\w+)$/.exec(name) ?? [];
  if (!html.includes(`${stem}${extension}`)) throw new Error(`index.html does not name ${stem}${extension}`);
  html = html.replace(`${stem}${extension}`, name);
}
writeFileSync(`${outdir}index.html`, html);
// The script has it in it.
copyFileSync(new URL('../node_modules/preact/LICENSE', import.meta.url), `${outdir}LICENSE-preact.txt`);
