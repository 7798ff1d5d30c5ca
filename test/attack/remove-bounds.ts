import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { besiege, isBroken } from './besiege.js';
import { type Mutant, mutants, withoutBound } from './mutants.js';

export interface Removal {
  readonly bound: string;
  readonly caught: boolean;
  /** Findings that were broken. */
  readonly broken: readonly string[];
}

/** Attacks copies of the built gateway of which one has no bound, and each other lacks one of them. The first has to stand. */
export async function removeBounds(
  root: string,
  options: {
    readonly parent: string;
    readonly seed: number;
    readonly signal: AbortSignal;
    readonly only: readonly string[];
  },
  tell: (removal: Removal) => void,
): Promise<readonly Removal[]> {
  const copy = mkdtempSync(join(tmpdir(), 'attack-mutants-'));
  const removals: Removal[] = [];
  try {
    for (const name of ['bin', 'dist', 'plugins', 'schemas', 'package.json', 'oclif.manifest.json']) {
      cpSync(join(root, name), join(copy, name), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    for (const mutant of mutants) {
      const { bound, requests, plugins, kinds, caught } = mutant;
      if (options.only.length > 0 && !options.only.some((text) => bound.includes(text))) continue;
      const restore = plant(root, copy, mutant);
      const { findings } = await besiege({ ...options, root: copy, requests, plugins, kinds });
      restore();
      const broken = findings.filter(isBroken).map(({ what }) => what);
      const removal = { bound, caught: broken.includes(caught), broken };
      removals.push(removal);
      tell(removal);
      if (options.signal.aborted) break;
    }
    return removals;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Writes the source without the bound as JavaScript into the copy; returns what undoes it. Throws where the bound is not found. */
function plant(root: string, copy: string, mutant: Mutant): () => void {
  const { file } = mutant;
  const source = withoutBound(readFileSync(join(root, file), 'utf8'), mutant);
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true };
  const { outputText } = ts.transpileModule(source, { compilerOptions });
  const target = join(copy, file.replace(/^src/, 'dist').replace(/ts$/, 'js'));
  const before = readFileSync(target);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, outputText);
  return () => writeFileSync(target, before);
}
