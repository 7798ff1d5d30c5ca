import { toTypeName } from './names.js';
import type { ExportedTopic } from './topics.js';

interface AsyncapiParts {
  readonly topics: readonly ExportedTopic[];
  readonly deadLetterTopic: string;
  /** `host:port` of a broker; absent: the embedded log. */
  readonly broker?: string;
  readonly version: string;
  /** schemas/record.schema.json: its `$defs` describe the headers. */
  readonly record: { readonly $defs: { readonly [name: string]: object } };
}

/** AsyncAPI 3.1 with the Kafka bindings 0.5.0: a channel for each topic, a message for each source of it. */
export function exportAsyncapi({ topics, deadLetterTopic, broker, version, record }: AsyncapiParts): object {
  const schemas = new Map<string, object>();
  const messages: { [name: string]: object } = {};
  const channels: { [name: string]: object } = {};
  const operations: { [name: string]: object } = {};

  function addChannel(topic: string, description: string, names: readonly string[]): void {
    const id = toTypeName(topic);
    channels[id] = {
      address: topic,
      description,
      messages: Object.fromEntries(names.map((name) => [name, refTo('messages', name)])),
      bindings: { kafka: { topic, bindingVersion: '0.5.0' } },
    };
    // AsyncAPI says what the described application does: the gateway sends.
    operations[`send${id}`] = { action: 'send', channel: { $ref: `#/channels/${id}` } };
  }

  for (const { topic, sources } of topics) {
    const names = sources.map((source) => {
      const name = `${toTypeName(source.endpoint)}In${toTypeName(topic)}`;
      const payloads = source.schemas.map(({ name: file, schema }) => {
        const id = `${toTypeName(source.provider)}${toTypeName(file.replace(/(\.schema)?\.json$/, ''))}`;
        schemas.set(id, toDraft7(schema, id));
        return refTo('schemas', id);
      });
      messages[name] = {
        name,
        title: `${source.title}: ${source.events.join(', ')}`,
        contentType: 'application/json',
        headers: refTo('schemas', 'EventHeaders'),
        payload: payloads.length === 1 ? payloads[0] : { anyOf: payloads },
        bindings: { kafka: { key: { type: 'string', minLength: 1 }, bindingVersion: '0.5.0' } },
        ...(source.types.length > 0 && { 'x-event-types': source.types }),
      };
      return name;
    });
    addChannel(topic, sources.map(({ title, path }) => `${title}, received at ${path}`).join('; '), names);
  }
  messages.DeadLetter = {
    name: 'DeadLetter',
    title: 'A delivery that stopped, as it was received',
    headers: refTo('schemas', 'DeadLetterHeaders'),
    payload: { description: 'The bytes of the request.' },
  };
  addChannel(deadLetterTopic, 'Deliveries that were authentic but unusable, or not proven.', ['DeadLetter']);
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Webhooks in Kafka',
      version,
      description: 'Records are CloudEvents 1.0 in binary mode; values are the bytes that the provider signed.',
    },
    defaultContentType: 'application/json',
    ...(broker !== undefined && { servers: { kafka: { host: broker, protocol: 'kafka' } } }),
    channels,
    operations,
    components: {
      messages,
      schemas: {
        ...Object.fromEntries(schemas),
        EventHeaders: headersOf(record, 'event'),
        DeadLetterHeaders: headersOf(record, 'deadLetter'),
      },
    },
  };
}

function refTo(kind: 'messages' | 'schemas', name: string): object {
  return { $ref: `#/components/${kind}/${name}` };
}

/** What a kind of record adds to the headers that all have. */
function headersOf({ $defs }: AsyncapiParts['record'], kind: string): object {
  const common: { properties?: object; required?: readonly string[] } = $defs.common ?? {};
  const own: { description?: string; properties?: object; required?: readonly string[] } = $defs[kind] ?? {};
  return {
    type: 'object',
    description: own.description,
    required: [...(common.required ?? []), ...(own.required ?? [])],
    properties: { ...common.properties, ...own.properties },
  };
}

/**
 * AsyncAPI takes the vocabulary that draft 2020-12 has kept from draft 7; its name would only confuse tools. References are
 * from the root of the whole document.
 */
function toDraft7({ $schema: _, ...schema }: { readonly $schema?: unknown }, id: string): object {
  const text = JSON.stringify(schema, (key, value: unknown) =>
    key === '$ref' && typeof value === 'string'
      ? value.replace('#/$defs/', `#/components/schemas/${id}/definitions/`)
      : value,
  );
  const { $defs, ...rest }: { readonly $defs?: object } = JSON.parse(text);
  return $defs === undefined ? rest : { ...rest, definitions: $defs };
}
