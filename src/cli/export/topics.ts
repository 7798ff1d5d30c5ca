import { coverageOf } from '../../config/coverage.js';
import type { GatewaySettings } from '../../config/settings.js';
import type { Endpoint } from '../../core/model.js';

/** A topic as its consumers meet it. */
export interface ExportedTopic {
  readonly topic: string;
  readonly sources: readonly TopicSource[];
}

/** The events that one endpoint puts into a topic. */
export interface TopicSource {
  readonly endpoint: string;
  /** `ce_source` of its records. */
  readonly path: string;
  readonly provider: string;
  readonly title: string;
  readonly documentation?: string;
  /** Globs of its routes to the topic. */
  readonly events: readonly string[];
  /** The types of the provider's catalogue that get there; empty where the plugin has no catalogue. */
  readonly types: readonly string[];
  /** JSON Schemas of the plugin: an event fits one of them. */
  readonly schemas: readonly { readonly name: string; readonly schema: object }[];
}

/** All topics that the configuration routes to, in the order of their names; without the dead letters. */
export function listTopics({ endpoints }: Pick<GatewaySettings, 'endpoints'>): readonly ExportedTopic[] {
  const topics = new Map<string, TopicSource[]>();
  for (const endpoint of endpoints) {
    for (const [topic, source] of listSources(endpoint)) {
      const sources = topics.get(topic);
      if (sources === undefined) topics.set(topic, [source]);
      else sources.push(source);
    }
  }
  return [...topics]
    .map(([topic, sources]) => ({ topic, sources }))
    .sort((one, other) => (one.topic < other.topic ? -1 : 1));
}

function listSources(endpoint: Endpoint): Map<string, TopicSource> {
  const { name, path, provider } = endpoint;
  const schemas = provider.schemas.flatMap((each) =>
    each.schema === undefined ? [] : [{ name: each.name, schema: each.schema }],
  );
  const sources = new Map<string, TopicSource>();
  for (const { topic, events, types, reachable } of coverageOf(endpoint).routes) {
    if (!reachable) continue;
    const before = sources.get(topic);
    sources.set(topic, {
      endpoint: name,
      path,
      provider: provider.name,
      title: provider.title,
      ...(provider.documentation !== undefined && { documentation: provider.documentation }),
      events: [...new Set([...(before?.events ?? []), ...events])],
      types: [...new Set([...(before?.types ?? []), ...types])],
      schemas,
    });
  }
  return sources;
}
