/**
 * Hostile requests against the built gateway, with honest ones beside them, and a judge. Usage: npm run build && npm run attack
 * [-- --requests 30000] [--seed 1] [--only PLUGIN]… [--dir FOLDER]; with `--mutants` the bounds are removed one by one, and each has
 * to be missed. The last line is JSON; exit code 1 if a bound is broken. All requests stay on this machine;
 * SIGINT ends them early.
 */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../src/package-root.js';
import { besiege } from './besiege.js';
import { formatVerdict, summarize } from './report.js';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '30000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true, default: [] },
    dir: { type: 'string', default: existsSync('/dev/shm') ? '/dev/shm' : tmpdir() },
    mutants: { type: 'boolean', default: false },
  },
});
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
const siege = {
  root: packageRoot,
  requests: Number(values.requests),
  seed: Number(values.seed),
  plugins: values.only,
  parent: values.dir,
  signal: stop.signal,
};
const verdict = await besiege(siege);
process.stdout.write(formatVerdict(verdict));
const summary = summarize(verdict, siege.seed);
process.stdout.write(`${JSON.stringify(summary)}\n`);
process.exit(summary.broken.length > 0 ? 1 : 0);
