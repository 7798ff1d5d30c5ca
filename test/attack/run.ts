/**
 * Hostile requests against the built gateway, with honest ones beside them, and a judge. Usage: npm run build && npm run attack
 * [-- --requests 30000] [--seed 1] [--only PLUGIN]… [--dir FOLDER]; with `--mutants` [--bound TEXT]… the bounds are removed
 * one by one, and the judge has to miss each. The last line is JSON; exit code 1 if a bound is broken. All requests stay on this machine;
 * SIGINT ends them early.
 */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../src/util/package-root.js';
import { besiege } from './besiege.js';
import { removeBounds } from './remove-bounds.js';
import { formatVerdict, summarize } from './report.js';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '30000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true, default: [] },
    dir: { type: 'string', default: existsSync('/dev/shm') ? '/dev/shm' : tmpdir() },
    mutants: { type: 'boolean', default: false },
    bound: { type: 'string', multiple: true, default: [] },
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
  kinds: /./,
};

async function attackOnce(): Promise<boolean> {
  const verdict = await besiege(siege);
  process.stdout.write(formatVerdict(verdict));
  const summary = summarize(verdict, siege.seed);
  process.stdout.write(`${JSON.stringify(summary)}\n`);
  return summary.broken.length === 0;
}

async function attackMutants(): Promise<boolean> {
  const options = { ...siege, only: values.bound };
  const removals = await removeBounds(packageRoot, options, ({ bound, caught, broken }) =>
    process.stdout.write(
      `${caught ? 'caught' : 'MISSED'}  without ${bound}: ${broken.join(', ') || 'nothing is broken'}\n`,
    ),
  );
  const missed = removals.filter(({ caught }) => !caught).map(({ bound }) => bound);
  process.stdout.write(`${JSON.stringify({ seed: siege.seed, mutants: removals.length, missed })}\n`);
  return missed.length === 0;
}

process.exit((await (values.mutants ? attackMutants() : attackOnce())) ? 0 : 1);
