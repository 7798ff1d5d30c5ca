import { relative } from 'node:path';
import type { PluginDescription } from '../../../config/plugins/describe.js';
import { BaseCommand } from '../../base-command.js';
import { Args } from '../../oclif.js';
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

const bindings = {
  body: 'the whole body',
  fields: 'some fields of the body; the others can be changed by whoever sees a delivery',
  nothing: 'nothing of the body: anyone who sees a delivery can send another body with it',
} as const;

function format(plugin: PluginDescription): string {
  const { name, title, documentation, folder, readme, signature, binds, handshakes, mediaTypes, items } = plugin;
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['Documentation', [documentation ?? '-']],
    ['Folder', [relative('', folder) || '.']],
    ['README', [readme === undefined ? '-' : relative('', readme)]],
    ['Signature', signature],
    ['Binds', [bindings[binds], ...unsigned(plugin)]],
    ['Needs', needs(plugin)],
    ['Addresses', addresses(plugin)],
    ['Takes', [mediaTypes.join(', '), ...(items === undefined ? [] : [`batches: each ${items} is an event`])]],
    ['Handshakes', handshakes],
    ['Event', Object.entries(plugin.event).map(([fact, rule]) => `${fact}: ${[rule].flat().join(', ')}`)],
    ['Repetition', repetition(plugin)],
    ['Types', [plugin.eventTypes === 0 ? 'no list' : `${plugin.eventTypes} known`]],
    ['Examples', [plugin.examples.join(', ')]],
    ['Sources', sources(plugin)],
    ['Unconfirmed', plugin.unconfirmed.map(({ about, why }) => `${about.join(', ')}: ${why}`)],
  ];
  const room = (terminalWidth() ?? Number.POSITIVE_INFINITY) - 15;
  const lines = sections.flatMap(([label, texts]) =>
    texts
      .flatMap((text) => fold(text, Math.max(20, room)))
      .map((text, index) => `${(index === 0 ? label : '').padEnd(14)} ${text}`.trimEnd()),
  );
  return [`${name}: ${title}`, '', ...lines, '', routes(plugin)].join('\n');
}

/** Five a line. */
function addresses({ addresses: published }: PluginDescription): readonly string[] {
  if (published === undefined) return ['no list: an endpoint can name networks of its own (allow)'];
  const { networks, where, read } = published;
  const lines = Array.from({ length: Math.ceil(networks.length / 5) }, (_, index) =>
    networks.slice(index * 5, index * 5 + 5).join(', '),
  );
  return [...lines, `allow: [provider] lets only these in (${where}, read ${read})`];
}

function repetition({ event, dedupe: { by, placeholders } }: PluginDescription): readonly string[] {
  const rule =
    by === 'id'
      ? 'the same id and type, whatever the bytes are: the id alone names the event (see Sources)'
      : 'the same id, type and bytes; the same id with other bytes is another event';
  const delivered = [event.id].flat().some((source) => source.includes('$deliveryId'));
  return [
    rule,
    ...(placeholders.length > 0 ? [`of the test ids ${placeholders.join(', ')}: the same bytes, too`] : []),
    ...(delivered ? ['none where the id has that of the delivery: there each delivery is an event'] : []),
  ];
}

function sources({ sources: all }: PluginDescription): readonly string[] {
  if (all.length === 0) return ['none'];
  return all.map(({ about, what, where, read }) => `${about.join(', ')}: ${what} (${where}, read ${read})`);
}

function unsigned({ unsignedHeaders }: PluginDescription): readonly string[] {
  if (unsignedHeaders.length === 0) return [];
  return [`not signed, yet read for id, type or route: ${unsignedHeaders.join(', ')}`];
}

function needs({ needs: { secret, secrets, params, url } }: PluginDescription): readonly string[] {
  const all = [
    ...(secret ? ['a secret'] : []),
    ...secrets.map((each) => `secret ${each.name}${optional(each)}: ${each.description}`),
    ...params.map((each) => `parameter ${each.name}${optional(each)}: ${each.description}`),
    ...(url ? ['the public URL of the endpoint: url, or server.publicUrl'] : []),
  ];
  return all.length === 0 ? ['nothing'] : all;
}

function optional({ optional: dispensable }: { readonly optional: boolean }): string {
  return dispensable ? ' (optional)' : '';
}

function routes({ routes: all }: PluginDescription): string {
  return formatTable(
    ['EVENTS', 'TOPIC', 'KEY'],
    all.map(({ events, when, topic, key }) => [
      [events?.join(', '), when && `when ${when}`].filter(Boolean).join(' ') || '*',
      topic,
      key ?? '(subject, else id)',
    ]),
    { width: terminalWidth() },
  );
}
