/**
 * Puts reports into docs/performance.md. Usage: npm run -s bench -- --json > run.json, the same for the others, then
 * npm run bench:page run.json latency.json … : each file's name, without `.json`, is the mark that its report replaces.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const page = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
let text = readFileSync(page, 'utf8');
for (const file of process.argv.slice(2)) {
  const { report }: { report: string } = JSON.parse(readFileSync(file, 'utf8'));
  const [start, end] = [`<!-- ${basename(file, '.json')} -->\n`, `<!-- /${basename(file, '.json')} -->`];
  const [before, rest] = text.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`docs/performance.md has no mark ${start.trim()}`);
  text = `${before}${start}${report}${end}${after}`;
}
writeFileSync(page, text);
