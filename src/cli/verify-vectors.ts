import type { Scheme } from '../core/model.js';
import { Failure } from '../exit.js';
import type { Vector } from '../testing/diagnosis/vectors.js';
import { findPlugins, openSound } from './plugins.js';
import { readInput } from './read-input.js';

export interface VectorReport {
  readonly agree: number;
  readonly disagree: number;
  /** Of so many nothing could be decided. */
  readonly undecided: number;
  readonly disagreements: readonly Disagreement[];
  readonly errors: readonly VectorError[];
  /** Providers that no plugin is for. */
  readonly withoutPlugin: readonly string[];
}

interface Disagreement {
  readonly provider: string;
  readonly case: string;
  readonly got: string;
  readonly why?: string;
}

interface VectorError {
  readonly provider: string;
  readonly case: string;
  readonly error: string;
}

interface Options {
  readonly plugin?: string | undefined;
  readonly config?: string | undefined;
  readonly dir?: string | undefined;
}

/** Holds the vectors of a file against the plugins of their providers, or those of one plugin against it. */
export async function verifyVectors(file: string, options: Options): Promise<VectorReport> {
  const { checkVector } = await import('../testing/diagnosis/vectors.js');
  const disagreements: Disagreement[] = [];
  const errors: VectorError[] = [];
  const withoutPlugin = new Set<string>();
  const schemes = new Map<string, Scheme | undefined>();
  let agree = 0;
  for (const vector of await readVectors(file, options.plugin)) {
    const provider = options.plugin ?? vector.provider ?? '';
    if (!schemes.has(provider)) schemes.set(provider, await schemeOf(provider, options));
    const scheme = schemes.get(provider);
    const verdict = scheme && checkVector(vector, scheme, Date.now());
    if (verdict === undefined) withoutPlugin.add(provider);
    else if ('error' in verdict) errors.push({ provider, case: vector.case, error: verdict.error });
    else if (verdict.agrees) agree++;
    else {
      const why = vector.why === undefined ? {} : { why: vector.why };
      disagreements.push({ provider, case: vector.case, got: verdict.got, ...why });
    }
  }
  return {
    agree,
    disagree: disagreements.length,
    undecided: errors.length,
    disagreements,
    errors,
    withoutPlugin: [...withoutPlugin],
  };
}

/** Vectors that name no provider are anybody's. */
async function readVectors(file: string, plugin: string | undefined): Promise<readonly Vector[]> {
  const { parseVectors } = await import('../testing/diagnosis/vectors.js');
  const text = (await readInput(file)).toString();
  const chosen = withFile(file, () => parseVectors(text)).filter(
    ({ provider }) => plugin === undefined || provider === undefined || provider === plugin,
  );
  if (chosen.length > 0) return chosen;
  throw new Failure('usage', `${file} has no vectors${plugin === undefined ? '' : ` of ${plugin}`}`);
}

function withFile<T>(file: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof Error ? new Failure('usage', `${file}: ${error.message}`) : error;
  }
}

/** Undefined: there is no such plugin. One that was asked for must be there. */
async function schemeOf(provider: string, options: Options): Promise<Scheme | undefined> {
  if (options.plugin === undefined && !(await findPlugins(options, [])).has(provider)) return undefined;
  return (await openSound(options, provider)).provider.scheme;
}

export function describeVectors(report: VectorReport): string {
  const { agree, disagree, undecided, disagreements, errors, withoutPlugin } = report;
  return [
    ...disagreements.flatMap(({ provider, case: name, got, why }) => [
      `${provider}: ${name}`,
      `  ${got}`,
      ...(why === undefined ? [] : [`  the vector says: ${why}`]),
    ]),
    ...errors.flatMap(({ provider, case: name, error }) => [`${provider}: ${name}`, `  not decided: ${error}`]),
    ...(withoutPlugin.length === 0 ? [] : [`No plugin for: ${withoutPlugin.join(', ')}`]),
    `${agree} agree, ${disagree} disagree${undecided === 0 ? '' : `, ${undecided} not decided`}`,
  ].join('\n');
}
