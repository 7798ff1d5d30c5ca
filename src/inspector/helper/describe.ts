import { coverageOf } from '../../config/coverage.js';
import { describePlugin } from '../../config/plugins/describe.js';
import type { SoundPlugin } from '../../config/plugins/load.js';
import { resolve } from '../../config/resolved.js';
import type { GatewaySettings } from '../../config/settings.js';
import type { Endpoint, Route } from '../../core/model.js';
import { writeNetwork } from '../../util/networks.js';
import { require } from '../../util/require.js';
import type { InspectorProviders, Place, ProviderAbout } from '../contract.js';
import { nameRoute } from '../recorder.js';
import type { Description } from './messages.js';

const { stringify }: typeof import('yaml') = require('yaml');

/** What there is to say of a configuration without what runs. */
export function describeConfig(settings: GatewaySettings): Description {
  const resolved = resolve(settings);
  return {
    resolved,
    text: stringify(resolved),
    routes: settings.endpoints.flatMap(describeRoutes),
    unrouted: settings.endpoints.flatMap((endpoint) => {
      const { unrouted } = coverageOf(endpoint);
      return unrouted.length === 0 ? [] : [{ endpoint: endpoint.name, types: unrouted }];
    }),
  };
}

function describeRoutes(endpoint: Endpoint): Description['routes'] {
  const { routes } = coverageOf(endpoint);
  return endpoint.routes.map((route, index) => {
    const { types = [], reachable = true } = routes[index] ?? {};
    return {
      route: nameRoute(route),
      endpoint: endpoint.name,
      provider: endpoint.provider.name,
      events: route.events ?? [],
      types,
      reachable,
      topic: route.topic,
      place: placeOf(route),
      ...(route.when !== undefined && { when: route.when.source }),
      ...(route.key !== undefined && { key: route.key.source }),
      of: endpoint.provider.routes.includes(route) ? ('plugin' as const) : ('endpoint' as const),
    };
  });
}

/** Of `file:line`. */
export function placeOf({ declaredAt }: Pick<Route, 'declaredAt'>): Place {
  const [, file = declaredAt, line = '1'] = /^(.*):(\d+)$/.exec(declaredAt) ?? [];
  return { file, line: Number(line) };
}

/** Of the plugins that endpoints use. */
export async function describeProviders(
  { endpoints }: GatewaySettings,
  plugins: readonly SoundPlugin[],
): Promise<InspectorProviders> {
  const providers = plugins.map(async (plugin): Promise<ProviderAbout> => {
    const { name, title, documentation, folder, binds, dedupe, items, sources, signature, ...about } =
      await describePlugin(plugin);
    const { scheme, addresses } = plugin.provider;
    const own = endpoints.filter(({ provider }) => provider.name === name);
    return {
      name,
      title,
      ...(documentation !== undefined && { documentation }),
      folder,
      binds,
      signature,
      endpoints: own.map((endpoint) => endpoint.name),
      headers: scheme.headers,
      secretHeaders: scheme.secretHeaders,
      unsignedHeaders: about.unsignedHeaders,
      dedupe: dedupe.by,
      ...(items !== undefined && { items }),
      eventTypes: about.eventTypes,
      examples: about.examples,
      sources: sources.map((source) => ({ ...source })),
      ...(addresses && {
        addresses: { networks: addresses.networks.map(writeNetwork), where: addresses.where, read: addresses.read },
      }),
    };
  });
  return { providers: await Promise.all(providers) };
}
