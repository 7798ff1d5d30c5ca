import { relative } from 'node:path';
import type { PluginDescription } from '../../../config/plugins/describe.js';
import { BaseCommand } from '../../base-command.js';
import { Args } from '../../oclif.js';
import { describeRoutes, describeSections, type PluginSection } from '../../plugin-sections.js';
import { openSound, pluginFlags } from '../../plugins.js';
import { fold, formatTable } from '../../table.js';
import { terminalWidth } from '../../terminal.js';

export default class PluginsShow extends BaseCommand {
  static override summary = 'Show all of a plugin: what it needs, what is signed and what is not, where its events go.';
  static override examples = ['<%= config.bin %> plugins show stripe', '<%= config.bin %> plugins show adyen --json'];
  static override args = { plugin: Args.string({ name: 'PLUGIN', required: true, description: 'Its name.' }) };
  static override flags = pluginFlags;

  override async run(): Promise<PluginDescription> {
    const { args, flags } = await this.parse(PluginsShow);
    const { describePlugin } = await import('../../../config/plugins/describe.js');
    const described = await describePlugin(await openSound(flags, args.plugin));
    this.log(format(described));
    return described;
  }
}

function format(plugin: PluginDescription): string {
  const { name, title, documentation, folder, readme } = plugin;
  const sections: readonly PluginSection[] = [
    ['Documentation', [documentation ?? '-']],
    ['Folder', [relative('', folder) || '.']],
    ['README', [readme === undefined ? '-' : relative('', readme)]],
    ...describeSections(plugin),
  ];
  const room = (terminalWidth() ?? Number.POSITIVE_INFINITY) - 15;
  const lines = sections.flatMap(([label, texts]) =>
    texts
      .flatMap((text) => fold(text, Math.max(20, room)))
      .map((text, index) => `${(index === 0 ? label : '').padEnd(14)} ${text}`.trimEnd()),
  );
  const table = formatTable(['EVENTS', 'TOPIC', 'KEY'], describeRoutes(plugin), { width: terminalWidth() });
  return [`${name}: ${title}`, '', ...lines, '', table].join('\n');
}
