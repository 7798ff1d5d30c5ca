import { join, resolve } from 'node:path';
import { compileExampleCheck, type Example } from '../../config/plugins/examples.js';
import type { SoundPlugin } from '../../config/plugins/load.js';
import type { Endpoint, Fault } from '../../core/model.js';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import { type LocatedDocument, parseYaml } from '../../diagnostics/parse.js';
import { explainErrors } from '../../diagnostics/schema-faults.js';
import { schemesOf } from '../../signature/declared-schemes.js';
import { sayUnreadable } from '../../util/read-fault.js';
import { blockingDisk, listFolder } from '../../util/read-text.js';
import { parseJson } from '../../util/values.js';
import { tryPlugin } from '../rules/plugin.js';
import { type Ground, groundOf, type Specimen, toSpecimens } from '../rules/specimens.js';
import type { TestKeys } from './negatives.js';
import { makeEndpoint, makeTestKeys } from './test-endpoint.js';
import { type Replayed, replayExample } from './test-plugin.js';

const fails = { rule: 'example-fails', severity: 'warning' } as const;

export interface LintedExamples {
  readonly diagnostics: readonly Diagnostic[];
  /** What endpoints can try their own rules on. */
  readonly ground: Ground;
}

/**
 * Takes the examples of a plugin through its schema, event rules and routes, and tries each of its rules on them; what stops
 * an example is a warning, and so is what is wrong with a rule. `sources` takes the text of the examples that are reported.
 * `now` in milliseconds since the epoch.
 */
export async function lintExamples(
  plugin: SoundPlugin,
  now: number,
  sources: Map<string, string>,
): Promise<LintedExamples> {
  const specimens: Specimen[] = [];
  const failing = await replayExamples(plugin, now, sources, specimens);
  const ground = groundOf(plugin.provider, specimens);
  const faulty = (await tryPlugin(plugin, ground)).map(plugin.document.toDiagnostic);
  return { diagnostics: [...faulty, ...failing], ground };
}

/** The events of a plugin's examples, as its rules see them. `now` in milliseconds since the epoch. */
export async function specimensOf(plugin: SoundPlugin, now: number): Promise<readonly Specimen[]> {
  const specimens: Specimen[] = [];
  await replayExamples(plugin, now, new Map(), specimens);
  return specimens;
}

async function replayExamples(
  plugin: SoundPlugin,
  now: number,
  sources: Map<string, string>,
  specimens: Specimen[],
): Promise<readonly Diagnostic[]> {
  const { examples } = plugin.declaration;
  if (examples === undefined) return [];
  const dir = resolve(plugin.folder, examples.dir);
  const listed = listFolder(dir);
  const names = 'names' in listed ? listed.names.filter((name) => name.endsWith('.json')).sort() : [];
  if (names.length === 0) {
    const message = 'reason' in listed ? sayUnreadable(`folder ${examples.dir}`, listed.reason) : 'No example is there';
    return [plugin.document.toDiagnostic({ ...fails, pointer: '/examples/dir', message })];
  }
  const { tryOut, endpoint } = createTrial(plugin, now);
  const found: Diagnostic[] = [];
  for (const name of names) {
    const file = join(dir, name);
    const read = await blockingDisk.read(file);
    const text = 'text' in read ? read.text : '';
    const type = name.slice(0, -'.json'.length);
    const faulty = await lintExample(file, text, async (example) => {
      const replayed = await tryOut({ ...example, type, fresh: examples.fresh ?? {} });
      specimens.push(...(await toSpecimens(endpoint, type, replayed.items)));
      return replayed;
    });
    if (faulty.length > 0) sources.set(file, text);
    found.push(...faulty);
  }
  return found;
}

async function lintExample(
  file: string,
  text: string,
  tryOut: (example: Pick<Example, 'headers' | 'payload'>) => Promise<Replayed>,
): Promise<readonly Diagnostic[]> {
  const checked = (await compileExampleCheck())(parseJson(text));
  if ('value' in checked) {
    const { headers = {}, payload } = checked.value;
    const replayed = await tryOut({ headers, payload });
    if (replayed.check.outcome === 'passed' || isToldByRule(replayed)) return [];
    return locate(file, text, (document) => explain(replayed).map(document.toDiagnostic));
  }
  return locate(file, text, (document) =>
    explainErrors(checked.errors).map((fault) => document.toDiagnostic({ ...fault, ...fails })),
  );
}

/** A rule that fails is told once, where it stands. */
function isToldByRule({ rejection }: Replayed): boolean {
  if (rejection?.code === 'rule_failed') return true;
  const { code = '', detail } = rejection ?? {};
  return ['event_unidentified', 'schema_none'].includes(code) && detail !== undefined && !/^no (id|type)$/.test(detail);
}

function locate(
  file: string,
  text: string,
  report: (document: LocatedDocument) => readonly Diagnostic[],
): readonly Diagnostic[] {
  const { document, diagnostics } = parseYaml(file, text);
  if (document === undefined) return diagnostics.map((diagnostic) => ({ ...diagnostic, ...fails }));
  const reported = report(document);
  return reported.length > 0 ? reported : [{ ...fails, file, message: 'This is no example' }];
}

/**
 * First without a signature, which is quick; only what fails so is signed with keys made for it, and tried again. Key pairs
 * take too long to make: where they are needed, only `gateway test` can tell.
 */
function createTrial(
  plugin: SoundPlugin,
  now: number,
): { readonly endpoint: Endpoint; readonly tryOut: (example: Example) => Promise<Replayed> } {
  const unsigned: TestKeys = { endpoint: makeEndpoint(plugin.provider, plugin.declaration, []), others: [] };
  const pairs = /"(rsa|ecdsa|ed25519|jw[ts])/.test(JSON.stringify(schemesOf(plugin.declaration.signature)));
  let signing: TestKeys | undefined;
  async function tryOut(example: Example): Promise<Replayed> {
    const first = await replayExample(plugin, unsigned, example, now);
    if (first.check.outcome === 'passed') return first;
    if (pairs) return { ...first, check: { ...first.check, outcome: 'passed' } };
    signing ??= makeTestKeys(plugin);
    return replayExample(plugin, signing, example, now);
  }
  return { endpoint: unsigned.endpoint, tryOut };
}

function explain({ rejection, check: { expected, got } }: Replayed): readonly Fault[] {
  if (rejection === undefined) {
    return [{ ...fails, pointer: '', message: `Expected ${expected ?? 'an event'}; got ${got ?? 'none'}` }];
  }
  const { code, detail, item = '', errors, message } = rejection;
  const hint = `the gateway would answer with a dead letter: ${code}`;
  if (errors.length === 0)
    return [{ ...fails, pointer: `/payload${item}`, message: `${message}: ${detail ?? ''}`, hint }];
  return errors.map((error) => ({
    ...fails,
    pointer: `/payload${item}${error.pointer}`,
    hint,
    message: `The schema ${detail ?? ''} refuses it: ${error.pointer || 'the payload'} ${error.message}`,
  }));
}
