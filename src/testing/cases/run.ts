import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Example, listExamples } from '../../config/plugins/examples.js';
import type { Endpoint } from '../../core/model.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import { type LocatedDocument, parseYaml } from '../../diagnostics/parse.js';
import { compileCheck } from '../../diagnostics/schema-check.js';
import { explainErrors } from '../../diagnostics/schema-faults.js';
import { packageRoot } from '../../util/package-root.js';
import { readJson } from '../../util/read-text.js';
import { compare, type Difference, proposalOf } from './compare.js';
import type { CasebookDeclaration, CaseDeclaration } from './declaration.js';
import { withExactGiven } from './exact-given.js';
import { sendGiven } from './send.js';
import { type CaseUpdate, updateExpectations } from './update.js';

/** What came of a file of tests. */
export interface CasebookResult {
  /** Absolute. */
  readonly file: string;
  /** What is wrong with the file itself: then no case was run. */
  readonly diagnostics: readonly Diagnostic[];
  readonly cases: readonly CaseResult[];
  /** Absolute paths of all that was read. */
  readonly read: readonly string[];
  /** The file's text with the expectations as things are; absent: they are. */
  readonly updated?: string;
  readonly text: string;
}

export interface CaseResult {
  readonly name: string;
  readonly endpoint: string;
  /** Where the case begins, from 1. */
  readonly line: number;
  readonly passed: boolean;
  readonly differences: readonly (Difference & {
    readonly field: string;
    readonly line: number;
    readonly column: number;
  })[];
  /** Why it could not be run, or that it expects nothing. */
  readonly problem?: string;
}

export interface CasebookOptions {
  readonly endpoints: readonly Endpoint[];
  /** Only cases at endpoints of these providers; absent: all. */
  readonly providers?: ReadonlySet<string>;
  readonly largest: number;
  readonly deadLetterTopic: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Runs the tests of a file. */
export async function runCasebook(file: string, options: CasebookOptions): Promise<CasebookResult> {
  const text = await readFile(file, 'utf8');
  const common = { file, text, cases: [], read: [file] };
  const { document, diagnostics } = parseYaml(file, text);
  if (document === undefined) return { ...common, diagnostics };
  const schema = await readJson(join(packageRoot, 'schemas', 'tests.schema.json'));
  const checked = compileCheck<CasebookDeclaration>(schema)(document.value);
  if (!('value' in checked)) {
    return { ...common, diagnostics: explainErrors(checked.errors).map(document.toDiagnostic) };
  }
  const read = new Set([file]);
  const cases: CaseResult[] = [];
  const updates: CaseUpdate[] = [];
  for (const [index, declared] of withExactGiven(text, checked.value).entries()) {
    const name = declared.endpoint ?? checked.value.endpoint;
    const endpoint = chooseEndpoint(name, options.endpoints);
    if (typeof endpoint !== 'string' && options.providers?.has(endpoint.provider.name) === false) continue;
    const { result, update } = await runCase(declared, index, endpoint, document, { ...options, read });
    cases.push(result);
    if (update !== undefined) updates.push({ index, ...update });
  }
  const updated = updates.length === 0 ? {} : { updated: updateExpectations(text, updates) };
  return { file, text, diagnostics, cases, read: [...read], ...updated };
}

/** The endpoint, or why there is none. */
function chooseEndpoint(name: string | undefined, endpoints: readonly Endpoint[]): Endpoint | string {
  const [first, second] = endpoints;
  const found = name === undefined && second === undefined ? first : endpoints.find((each) => each.name === name);
  if (found !== undefined) return found;
  const names = endpoints.map((each) => each.name).join(', ');
  return name === undefined
    ? `say which endpoint it is for: ${names}`
    : `there is no endpoint "${name}": there are ${names}`;
}

async function runCase(
  { name, given, expect }: CaseDeclaration,
  index: number,
  endpoint: Endpoint | string,
  document: LocatedDocument,
  { now, largest, deadLetterTopic, read }: CasebookOptions & { read: Set<string> },
): Promise<{ result: CaseResult; update?: Omit<CaseUpdate, 'index'> }> {
  const at = `/cases/${index}`;
  const common = { name, line: document.lineOf(`${at}/name`), differences: [], passed: false };
  if (typeof endpoint === 'string') return { result: { ...common, endpoint: '', problem: endpoint } };
  const base = { ...common, endpoint: endpoint.name };
  const readBeside = (path: string) => {
    const absolute = resolve(dirname(document.file), path);
    read.add(absolute);
    return readFile(absolute);
  };
  try {
    const examples: readonly Example[] =
      given.example === undefined ? [] : await listExamples(endpoint.provider.folder);
    const walked = await sendGiven(endpoint, given, { now, largest, deadLetterTopic, examples, read: readBeside });
    if (expect === undefined || Object.keys(expect).length === 0) {
      const problem = 'it expects nothing: write what, or have it written with --update';
      return { result: { ...base, problem }, update: { differences: [], proposal: proposalOf(walked) } };
    }
    const differences = compare(expect, walked);
    const located = differences.map((each) => ({ ...each, ...placeOf(document, `${at}/expect${each.pointer}`, each) }));
    const result = { ...base, passed: differences.length === 0, differences: located };
    return differences.length === 0 ? { result } : { result, update: { differences } };
  } catch (error) {
    if (!(error instanceof Error) || error instanceof TypeError) throw error;
    return { result: { ...base, problem: error.message } };
  }
}

function placeOf(document: LocatedDocument, pointer: string, { pointer: field }: Difference) {
  const { range } = document.toDiagnostic({ rule: '', severity: 'error', pointer, message: '' });
  const { line, column } = range?.start ?? { line: 1, column: 1 };
  return { field: field.slice(1).replaceAll('/', '.'), line, column };
}
