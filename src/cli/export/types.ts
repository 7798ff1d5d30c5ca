import { describeEvents, eventName } from './event-types.js';
import { toTypeName } from './names.js';
import type { ExportedTopic } from './topics.js';

const head = `/** Headers of an event's record, as text: CloudEvents 1.0 in Kafka's binary mode. Kafka clients hand over bytes; decode them as UTF-8. */
export interface EventHeaders {
  readonly ce_specversion: '1.0';
  readonly ce_id: string;
  readonly ce_type: string;
  readonly ce_source: string;
  readonly 'content-type': string;
  readonly ce_endpoint: string;
  readonly ce_deliveryid: string;
  readonly ce_receivedtime: string;
  readonly ce_digest: string;
  readonly ce_secretname: string;
  readonly ce_time?: string;
  readonly ce_subject?: string;
  readonly ce_livemode?: 'true' | 'false';
  readonly ce_account?: string;
  readonly [name: string]: string | undefined;
}
`;

/** TypeScript for consumers: a type for the events of each provider, the types of each topic, and a map of both. */
export function exportTypes(topics: readonly ExportedTopic[]): string {
  const providers = new Map(topics.flatMap(({ sources }) => sources.map((source) => [source.provider, source])));
  const events = [...providers.values()].map(describeEvents);
  const map = topics.map(({ topic, sources }) => {
    const names = [...new Set(sources.map(({ provider }) => eventName(provider)))];
    return `  readonly ${JSON.stringify(topic)}: ${names.join(' | ')};\n`;
  });
  const catalogues = topics.map(typesOfTopic);
  return [
    head,
    ...events,
    `/** Topic → what the JSON of its records is. */\nexport interface Topics {\n${map.join('')}}\n`,
    ...catalogues,
  ].join('\n');
}

/** Only providers with a catalogue have a list; other types may come all the same. */
function typesOfTopic({ topic, sources }: ExportedTopic): string {
  const types = [...new Set(sources.flatMap((source) => source.types))].sort();
  const known = types.map((type) => `\n  | ${JSON.stringify(type)}`).join('');
  const open = types.length === 0 ? ' string' : `${known}\n  | (string & {})`;
  return `/** \`ce_type\` of the records of ${topic}; further types may come. */\nexport type ${toTypeName(topic)}Type =${open};\n`;
}
