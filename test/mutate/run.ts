/**
 * The judge is judged: plants faults in the product one at a time, and looks whether the simulation or the unit tests find
 * each: `npm run mutate`, or `npm run mutate -- "skip the fsync"` for those whose name has this in it. Exits with 1 if one is not
 * found. It works in a copy: the project itself is not touched.
 */
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Mutant, mutants } from './mutants.js';
import { plant } from './plant.js';
import { type Catch, prove, simulate, test } from './prove.js';

const copied = ['src', 'test', 'plugins', 'schemas', 'config', 'package.json', 'tsconfig.json'];

interface Found {
  readonly mutant: Mutant;
  readonly caught: Catch | undefined;
  /** Why its proof did not come to its end. */
  readonly stuck?: string;
  readonly seconds: number;
}

/** What is found in the product as it is would count as found in each mutant. */
async function proveSound(copy: string, chosen: readonly Mutant[]): Promise<void> {
  const files = new Set(chosen.flatMap(({ proof }) => (proof === 'simulation' ? [] : [proof])));
  const fault = files.size > 0 ? await test(copy, [...files]) : undefined;
  if (fault !== undefined) throw new Error(`without any fault planted, a test fails: ${fault.by}`);
}

async function proveSeedsSound(copy: string, found: readonly Found[]): Promise<void> {
  for (const seed of new Set(found.flatMap(({ caught }) => caught?.seed ?? []))) {
    const fault = await simulate(copy, ['--seed', String(seed)]);
    if (fault !== undefined) throw new Error(`without any fault planted, seed ${seed} finds: ${fault.by}`);
  }
}

async function look(copy: string, mutant: Mutant): Promise<Found> {
  const heal = await plant(copy, mutant);
  const start = performance.now();
  try {
    return { mutant, caught: await prove(copy, mutant.proof), seconds: since(start) };
  } catch (error) {
    return { mutant, caught: undefined, stuck: String(error), seconds: since(start) };
  } finally {
    await heal();
  }
}

function since(start: number): number {
  return (performance.now() - start) / 1_000;
}

function print({ mutant: { fault, file, proof }, caught, stuck = '', seconds }: Found): void {
  const how = caught?.seed === undefined ? proof : `seed ${caught.seed}`;
  const what = caught === undefined ? `NOT FOUND ${stuck}` : `${how}: ${caught.by.slice(0, 100)}`;
  process.stdout.write(`| ${fault} | ${file} | ${what} | ${seconds.toFixed(1)} s |\n`);
}

const [name = ''] = process.argv.slice(2);
const chosen = mutants.filter(({ fault }) => fault.includes(name));
if (chosen.length === 0) throw new Error(`no fault is called "${name}": see test/mutate/mutants.ts`);
const copy = await mkdtemp(join(tmpdir(), 'mutate-'));
try {
  for (const each of copied) await cp(each, join(copy, each), { recursive: true });
  await symlink(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'));
  await proveSound(copy, chosen);
  process.stdout.write('| fault | file | found by | after |\n|---|---|---|---|\n');
  const found: Found[] = [];
  for (const mutant of chosen) {
    const each = await look(copy, mutant);
    print(each);
    found.push(each);
  }
  await proveSeedsSound(copy, found);
  const missed = found.filter(({ caught }) => caught === undefined).length;
  process.stdout.write(`\n${found.length - missed} of ${found.length} faults are found\n`);
  process.exitCode = missed === 0 ? 0 : 1;
} finally {
  await rm(copy, { recursive: true, force: true });
}
