import type { PluginDescription } from '../config/plugins/describe.js';

/** A heading and its lines. */
export type PluginSection = readonly [label: string, lines: readonly string[]];

const bindings = {
  body: 'the whole body',
  fields: 'some fields of the body; the others can be changed by whoever sees a delivery',
  nothing: 'nothing of the body: anyone who sees a delivery can send another body with it',
} as const;

/** What a plugin declares, in words. */
export function describeSections(plugin: PluginDescription): readonly PluginSection[] {
  const { signature, binds, handshakes, mediaTypes, items } = plugin;
  return [
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
}

/** What its routes take, where it goes, and under which key. */
export function describeRoutes({ routes }: PluginDescription): readonly (readonly [string, string, string])[] {
  return routes.map(({ events, when, topic, key }) => [
    [events?.join(', '), when && `when ${when}`].filter(Boolean).join(' ') || '*',
    topic,
    key ?? '(subject, else id)',
  ]);
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
