import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { SoundPlugin } from '../config/plugins/load.js';
import type { Rule } from '../core/model.js';
import { Failure } from '../exit.js';
import type { Input } from '../testing/dry-run/input.js';
import type { Evaluation, Subject } from '../testing/rules/evaluate.js';
import { withExactNumbers } from '../util/json/parse.js';
import { writeJson } from '../util/json/write.js';
import { placeholderId } from '../util/placeholder-id.js';
import { endpointNamed } from './endpoint.js';
import { loadWithMadeUp } from './load-without-secrets.js';
import { openSound } from './plugins.js';
import { readInput } from './read-input.js';
import { formatTable } from './table.js';
import { whichConfig } from './which-config.js';

export interface EvalOptions {
  readonly config?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly plugin?: string | undefined;
  /** Event types, `*` for any run of characters; empty: every example. */
  readonly events: readonly string[];
  /** A file instead of examples. */
  readonly example?: string | undefined;
}

/** What a rule is tried on, and the folders in which a change would change that. */
interface Subjects {
  readonly subjects: readonly Subject[];
  readonly folders: readonly string[];
}

/** The text of a rule: itself, or what is in the file of `@FILE`. */
export async function readExpression(
  text: string,
): Promise<{ readonly source: string; readonly folders: readonly string[] }> {
  if (!text.startsWith('@')) return { source: text, folders: [] };
  const file = text.slice(1);
  return { source: (await readInput(file)).toString().trim(), folders: [dirname(resolve(file))] };
}

/** Compiles a rule. Throws a usage Failure that says what is wrong with it, and where. */
export async function compileExpression(source: string): Promise<Rule> {
  const { compileRule } = await import('../core/rules/compile.js');
  const { rule, fault } = compileRule(source);
  if (rule !== undefined) return rule;
  const { message = 'it does not compile', within, hint } = fault ?? {};
  const shown = source.replace(/\s/g, ' ');
  const marked =
    within === undefined ? [] : [`  ${shown}`, `  ${' '.repeat(within[0])}${'^'.repeat(within[1] - within[0] || 1)}`];
  throw new Failure('usage', [message, ...marked, ...(hint === undefined ? [] : [`  = ${hint}`])].join('\n'), {
    fault,
  });
}

/** Reads what the flags choose. Throws a usage Failure if that is nothing. */
export async function readSubjects(options: EvalOptions): Promise<Subjects> {
  if (options.example !== undefined) return readFile(options.example, options.endpoint ?? '');
  const plugins = await findPlugins(options);
  const [{ specimensOf }, { compileEvents }] = await Promise.all([
    import('../testing/plugins/lint-examples.js'),
    import('../core/rules/events.js'),
  ]);
  const isWanted = options.events.length === 0 ? () => true : compileEvents(options.events);
  const all = (await Promise.all(plugins.map((plugin) => specimensOf(plugin, Date.now())))).flat();
  const subjects = all.filter(({ example, event }) => isWanted(example) || isWanted(event.type));
  const folders = plugins.flatMap(({ folder, declaration }) => [
    folder,
    resolve(folder, declaration.examples?.dir ?? '.'),
  ]);
  if (subjects.length > 0) return { subjects, folders };
  const names = plugins.map(({ provider }) => provider.name).join(', ');
  throw new Failure(
    'usage',
    `No example of ${options.events.join(', ') || 'anything'} in ${names}: see gateway simulate list`,
  );
}

async function findPlugins({ config, endpoint, plugin }: EvalOptions): Promise<readonly SoundPlugin[]> {
  if (plugin !== undefined) return [await openSound({ config }, plugin)];
  const { settings, plugins } = await loadWithMadeUp(whichConfig(config).file, 'missing');
  if (settings === undefined) throw new Failure('config', 'The configuration has faults: see gateway lint-config');
  if (endpoint === undefined) return plugins;
  const { provider } = await endpointNamed(settings.endpoints, endpoint);
  return plugins.filter((each) => each.provider.name === provider.name);
}

/** A body, an example of a plugin, a captured request, or a record. */
async function readFile(file: string, endpoint: string): Promise<Subjects> {
  const bytes = await readInput(file);
  const { parseInput } = await import('../testing/dry-run/input.js');
  const given = parseInput(bytes);
  const { body, headers } = await toBody(given);
  const text = body.toString();
  const value = parse(file, text);
  const bindings = {
    headers,
    endpoint: { name: endpoint, path: '' },
    deliveryId: placeholderId,
    digest: createHash('sha256').update(body).digest('hex'),
    exact: withExactNumbers(text, value),
  };
  return {
    subjects: [{ example: file, item: '', value, bindings }],
    folders: file === '-' ? [] : [dirname(resolve(file))],
  };
}

async function toBody(given: Input): Promise<{ body: Buffer; headers: { readonly [name: string]: string } }> {
  switch (given.kind) {
    case 'example':
      return { body: Buffer.from(writeJson(given.payload)), headers: given.headers };
    case 'record':
      return { body: given.record.value, headers: given.record.headers };
    case 'request': {
      const { body, headers } = given.request;
      const joined = Object.entries(headers).map(([name, values]) => [name, values?.join(', ') ?? '']);
      return { body, headers: Object.fromEntries(joined) };
    }
    case 'body':
      return { body: given.body, headers: {} };
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure('usage', `${file}: its payload is no JSON; other forms can be tried as examples of their plugin`);
  }
}

/** Characters of a value that are shown; --json has all of it. */
const longest = 400;

/** A row for each example, and how many gave what. */
export function describeEvaluations(results: readonly Evaluation[], of: number, width: number | undefined): string {
  const rows = results.map(({ example, item, value, type, error }) => [
    item === undefined ? example : `${example} ${item}`,
    error === undefined ? type : 'failed',
    error ?? (value === undefined ? '' : cut(typeof value === 'function' ? 'a function' : writeJson(value))),
  ]);
  const counts = new Map<string, number>();
  for (const [, kind = ''] of rows) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const sum = [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
  const left = of - results.length;
  return [
    formatTable(['EXAMPLE', 'TYPE', 'VALUE'], rows, { width }),
    '',
    `${results.length} events of examples: ${sum}${left === 0 ? '' : `; ${left} not tried, it took too long`}`,
  ].join('\n');
}

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
