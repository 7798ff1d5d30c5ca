import type { PluginSummary } from '../../../config/plugins/describe.js';
import { BaseCommand } from '../../base-command.js';
import { Flags } from '../../oclif.js';
import { findPlugins, pluginFlags } from '../../plugins.js';
import { formatTable } from '../../table.js';
import { terminalWidth } from '../../terminal.js';

interface Listed {
  readonly plugins: readonly PluginSummary[];
  /** Names of those that can't be used. */
  readonly unsound: readonly string[];
}

const bindings = { body: 'whole body', fields: 'some fields', nothing: 'nothing' } as const;

export default class PluginsList extends BaseCommand {
  static override summary = 'List the plugins: how each provider signs, and what of a delivery its signature binds.';
  static override description =
    'What is not bound, anyone who sees a delivery can change and send again. TYPES: event types that the plugin knows by name.';
  static override examples = [
    '<%= config.bin %> plugins list',
    '<%= config.bin %> plugins list --dir ./plugins',
    '<%= config.bin %> plugins list --unconfirmed',
  ];
  static override flags = {
    ...pluginFlags,
    unconfirmed: Flags.boolean({
      description: 'Only what plugins say without a confirmation or a source, with reasons.',
    }),
  };

  override async run(): Promise<Listed> {
    const { flags } = await this.parse(PluginsList);
    const places = await findPlugins(flags, []);
    const [{ openPlugin }, { summarizePlugin }] = await Promise.all([
      import('../../../config/plugins/catalogue.js'),
      import('../../../config/plugins/describe.js'),
    ]);
    const plugins: PluginSummary[] = [];
    const unsound: string[] = [];
    for (const [name, folder] of places) {
      const { sound } = await openPlugin(name, folder);
      if (sound === undefined) unsound.push(name);
      else plugins.push(await summarizePlugin(sound));
    }
    this.log(flags.unconfirmed ? formatUnconfirmed(plugins) : formatAll(plugins));
    for (const name of unsound) this.logToStderr(`${name} can't be used: gateway test ${name} says why`);
    return { plugins, unsound };
  }
}

function formatAll(plugins: readonly PluginSummary[]): string {
  return formatTable(
    ['NAME', 'BINDS', 'TYPES', 'EXAMPLES', 'SCHEME', 'TITLE'],
    plugins.map(({ name, title, scheme, binds, eventTypes, examples }) => [
      ...[name, bindings[binds], eventTypes === 0 ? '-' : String(eventTypes), String(examples.length)],
      ...[scheme, title],
    ]),
    { width: terminalWidth(), minor: ['SCHEME', 'EXAMPLES'] },
  );
}

function formatUnconfirmed(plugins: readonly PluginSummary[]): string {
  const rows = plugins.flatMap(({ name, unconfirmed }) =>
    unconfirmed.map(({ about, why }) => [name, about.join(', '), why]),
  );
  const some = plugins.filter(({ unconfirmed }) => unconfirmed.length > 0).length;
  const sum = `${plugins.length - some} of ${plugins.length} plugins have nothing that is not confirmed.`;
  return rows.length === 0
    ? sum
    : `${formatTable(['NAME', 'ABOUT', 'WHY'], rows, { width: terminalWidth() })}\n\n${sum}`;
}
