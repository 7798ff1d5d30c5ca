import { relative } from 'node:path';
import * as Args from '@oclif/core/args';
import { BaseCommand } from '../cli/base-command.js';
import { findPlugins, pluginFlags, presentPlugin } from '../cli/plugins.js';
import { describeRehearsal } from '../cli/rehearsal-lines.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Rehearsal } from '../rehearsal/checks.js';

type Unsound = { readonly plugin: string; readonly folder: string; readonly diagnostics: readonly Diagnostic[] };

interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly plugins: readonly (Rehearsal | Unsound)[];
}

export default class Test extends BaseCommand {
  static override summary = 'Test plugins: replay their examples, and change them in every way that must be noticed.';
  static override description =
    'Each example is signed with keys made for it, then goes through verification, schema, event rules and routes; its ' +
    'event type must be the name of its file, and a parameter NAME of the plugin is "made_up_NAME". Then its body, its ' +
    'headers, the clock and the secret are changed, and each change must be refused as far as the signature covers it. ' +
    'Nothing is sent anywhere. The exit code is 1 if anything fails.';
  static override examples = [
    '<%= config.bin %> test',
    '<%= config.bin %> test stripe github',
    '<%= config.bin %> test acme --dir ./plugins',
  ];
  static override strict = false;
  static override args = {
    plugin: Args.string({ name: 'PLUGIN', description: 'One or several. Without it: all in the folders.' }),
  };
  static override flags = pluginFlags;

  override async run(): Promise<Report> {
    const { argv, flags } = await this.parse(Test);
    const places = await findPlugins(flags, argv.map(String));
    const [{ openPlugin }, { rehearse }] = await Promise.all([
      import('../plugins/catalogue.js'),
      import('../rehearsal/rehearse.js'),
    ]);
    const plugins: (Rehearsal | Unsound)[] = [];
    for (const [name, folder] of places) {
      const opened = await openPlugin(name, folder);
      if (opened.diagnostics.length > 0) this.logToStderr((await presentPlugin(opened)).trimEnd());
      const { diagnostics } = opened;
      const result = opened.sound ? await rehearse(opened.sound, Date.now()) : { plugin: name, folder, diagnostics };
      plugins.push(result);
      this.log('checks' in result ? describeRehearsal(result) : `${name}: ${relative('', folder)} can't be used`);
    }
    const passed = count(plugins, 'passed');
    const failed = count(plugins, 'failed') + plugins.filter((each) => 'diagnostics' in each).length;
    this.log(`\n${passed} passed, ${failed} failed`);
    if (failed > 0) this.endWith('negative');
    return { passed, failed, plugins };
  }
}

function count(plugins: Report['plugins'], outcome: 'passed' | 'failed'): number {
  return plugins.flatMap((each) => ('checks' in each ? each.checks : [])).filter((check) => check.outcome === outcome)
    .length;
}
