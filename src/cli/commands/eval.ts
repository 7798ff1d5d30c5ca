import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../exit.js';
import type { Evaluation } from '../../testing/rules/evaluate.js';
import { BaseCommand } from '../base-command.js';
import { compileExpression, describeEvaluations, readExpression, readSubjects } from '../eval.js';
import { awaitInterruption } from '../interruption.js';
import { Args, Flags } from '../oclif.js';
import { terminalWidth } from '../terminal.js';
import { awaitChange } from '../watch.js';
import { configFlag } from '../which-config.js';

/** Milliseconds for all examples together. */
const patience = 10_000;

interface Report {
  readonly expression: string;
  readonly results: readonly Evaluation[];
  /** Events that were not tried, since the others took too long. */
  readonly left: number;
}

interface Chosen {
  readonly config?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly plugin?: string | undefined;
  readonly event?: readonly string[] | undefined;
  readonly example?: string | undefined;
}

export default class Eval extends BaseCommand {
  static override summary = 'Evaluate a rule (JSONata) on examples: what a key, a condition or an id gives for each.';
  static override description =
    'As routes and plugins would have it: with $headers, $endpoint, $digest and $deliveryId, and within the same limits. The ' +
    'examples are those of the plugins that the configuration uses; values of examples are shown. The exit code is 1 if the rule fails on one.';
  static override examples = [
    '<%= config.bin %> eval "data.object.id" --event "charge.*"',
    `<%= config.bin %> eval 'data.object.customer & "-" & data.object.currency' --endpoint stripe`,
    '<%= config.bin %> eval @key.jsonata --event charge.refunded --watch',
    '<%= config.bin %> eval data.object.amount --example body.json --json',
  ];
  static override args = {
    expression: Args.string({
      name: 'EXPR',
      required: true,
      description: 'The rule; @FILE reads it from a file, @- from stdin.',
    }),
  };
  static override flags = {
    config: configFlag,
    event: Flags.string({
      char: 't',
      multiple: true,
      multipleNonGreedy: true,
      aliases: ['type'],
      helpValue: 'TYPE',
      description: 'Only examples of this event type; * stands for any characters.',
    }),
    example: Flags.string({
      helpValue: 'FILE',
      exclusive: ['event', 'plugin'],
      description: 'A body, an example, a captured request or a record of tap --json, instead of examples. - is stdin.',
    }),
    endpoint: Flags.string({ helpValue: 'NAME', description: 'Only the examples of this endpoint.' }),
    plugin: Flags.string({
      helpValue: 'NAME',
      exclusive: ['endpoint'],
      description: 'The examples of this plugin, whether the configuration uses it or not.',
    }),
    watch: Flags.boolean({
      char: 'w',
      description: 'Again whenever the file of the rule or an example changes, until Ctrl-C.',
    }),
  };

  override async run(): Promise<Report> {
    const { args, flags } = await this.parse(Eval);
    if (flags.watch && this.jsonEnabled()) throw new Failure('usage', '--watch has no --json: it prints more than one');
    if (flags.watch) return this.#watch(args.expression, flags);
    const { report } = await this.#evaluate(args.expression, flags);
    if (report.results.some(({ error }) => error !== undefined)) this.endWith('negative');
    return report;
  }

  async #evaluate(text: string, { event, ...flags }: Chosen) {
    const { source, folders: own } = await readExpression(text);
    const rule = await compileExpression(source);
    const { subjects, folders } = await readSubjects({ ...flags, events: event ?? [] });
    const { evaluateOn } = await import('../../testing/rules/evaluate.js');
    const results = await evaluateOn(rule, subjects, { patience });
    this.log(describeEvaluations(results, subjects.length, terminalWidth()));
    return {
      report: { expression: source, results, left: subjects.length - results.length },
      folders: [...own, ...folders],
    };
  }

  /** Undefined: half an edit, which the next one may mend. */
  async #show(text: string, flags: Chosen) {
    if (process.stdout.isTTY) process.stdout.write('\u001b[2J\u001b[H');
    try {
      return await this.#evaluate(text, flags);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.logToStderr(error.message);
      return undefined;
    }
  }

  async #watch(text: string, flags: Chosen): Promise<Report> {
    const signal = awaitInterruption();
    let last: Report = { expression: text, results: [], left: 0 };
    let folders: readonly string[] = (await readExpression(text)).folders;
    let shown: string | undefined;
    while (!signal.aborted) {
      const round = new AbortController();
      // From before anything is read: a change meanwhile counts. Folders are watched, and others may write there.
      const change = awaitChange(folders, AbortSignal.any([signal, round.signal]));
      const stamp = await stampOf(text, folders);
      if (stamp === shown) {
        await change;
      } else {
        const tried = await this.#show(text, flags);
        last = tried?.report ?? last;
        shown = tried === undefined ? stamp : await stampOf(text, tried.folders);
        folders = tried?.folders ?? folders;
        this.log('\nwatching: Ctrl-C ends it');
      }
      round.abort();
    }
    this.endWith('interrupted');
    return last;
  }
}

/** Tells whether a rule or what it is tried on has changed: the text of its file, and when files of the plugins did. */
async function stampOf(text: string, folders: readonly string[]): Promise<string> {
  const source = await readExpression(text).then(
    (read) => read.source,
    () => '',
  );
  const names = await Promise.all(
    folders.map(async (folder) => [folder, await readdir(folder).catch(() => [])] as const),
  );
  const files = names.flatMap(([folder, all]) =>
    all.filter((name) => /\.(json|ya?ml)$/.test(name)).map((name) => join(folder, name)),
  );
  const times = files.map((file) =>
    stat(file).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    ),
  );
  return JSON.stringify([source, files, await Promise.all(times)]);
}
