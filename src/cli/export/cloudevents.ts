import { toTypeName } from './names.js';
import type { ExportedTopic, TopicSource } from './topics.js';

type Entities = { [id: string]: object };

/**
 * The events as a document of xRegistry, the catalogue of the CloudEvents project (https://github.com/xregistry/spec,
 * message/spec.md and schema/spec.md, 1.0-rc4): a group of messages for each endpoint, one for each event type, in Kafka's
 * binary mode; and a group of schemas for each provider.
 */
export function exportCloudevents(topics: readonly ExportedTopic[]): object {
  const messages = new Map<string, Entities>();
  const schemas = new Map<string, Entities>();
  for (const { topic, sources } of topics) {
    for (const source of sources) {
      const group = messages.get(source.endpoint) ?? {};
      messages.set(source.endpoint, group);
      for (const type of source.types.length > 0 ? source.types : source.events) {
        group[type] = messageOf(type, topic, source);
      }
      schemas.set(source.provider, schemasOf(source));
    }
  }
  return {
    specversion: '1.0-rc4',
    messagegroups: Object.fromEntries(
      [...messages].map(([id, all]) => [
        id,
        { messagegroupid: id, envelope: 'CloudEvents/1.0', protocol: 'KAFKA', messages: all },
      ]),
    ),
    schemagroups: Object.fromEntries([...schemas].map(([id, all]) => [id, { schemagroupid: id, schemas: all }])),
  };
}

function messageOf(type: string, topic: string, { path, provider, schemas }: TopicSource): object {
  // With several schemas it depends on the payload which one holds.
  const [only] = schemas.length === 1 ? schemas : [];
  return {
    messageid: type,
    envelope: 'CloudEvents/1.0',
    envelopemetadata: {
      // A glob stands for types that the gateway has no list of.
      type: type.includes('*') ? { required: true } : { value: type, required: true },
      source: { value: path, required: true },
      id: { required: true },
      time: { type: 'timestamp' },
      subject: {},
    },
    protocol: 'KAFKA',
    protocoloptions: { topic },
    datacontenttype: 'application/json',
    ...(only !== undefined && {
      dataschemaformat: 'JSONSchema/draft-2020-12',
      dataschemaxid: `/schemagroups/${provider}/schemas/${idOf(only.name)}`,
    }),
  };
}

function schemasOf({ schemas }: TopicSource): Entities {
  return Object.fromEntries(
    schemas.map(({ name, schema }) => [
      idOf(name),
      { schemaid: idOf(name), format: 'JSONSchema/draft-2020-12', schema },
    ]),
  );
}

function idOf(file: string): string {
  return toTypeName(file.replace(/(\.schema)?\.json$/, ''));
}
