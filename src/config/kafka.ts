import zlib from 'node:zlib';
import type { Fault } from '../core/model.js';
import { closest } from '../diagnostics/closest.js';
import { toPointer } from '../diagnostics/pointer.js';
import type { KafkaDeclaration, PartialKafka } from './declaration.js';
import type { Defaults } from './defaults.js';
import { type Materials, readFileText, readSecret } from './external-inputs.js';
import { optional } from './plugins/optional.js';
import { compileSasl } from './sasl.js';
import { type KafkaSettings, Redacted } from './settings.js';

/** It chose between two libraries. */
const noEffect: Fault = {
  rule: 'config-no-effect',
  severity: 'warning',
  pointer: '/kafka/client',
  message: 'kafka.client no longer has an effect',
  hint: 'leave it out: the gateway publishes over connections of its own',
};
const invalid = { rule: 'config-invalid', severity: 'error' } as const;

/**
 * Compiles `kafka` of a gateway.yaml, with the defaults of its schema; absent without brokers. `topics`: every topic that a
 * record can go to, with its prefix.
 */
export function compileKafka(
  declared: PartialKafka,
  topics: readonly string[],
  materials: Materials,
  faults: Fault[],
): Omit<KafkaSettings, 'spool'> | undefined {
  const { defaults } = materials;
  const {
    clientId = defaults.text('kafka.clientId'),
    client,
    idempotent = defaults.flag('kafka.idempotent'),
    topics: wanted = {},
  } = declared;
  if (client !== undefined) faults.push(noEffect);
  const compression = readCompression(declared, defaults, faults);
  const schemaIds = readSchemaIds(declared, topics, faults);
  const tls = compileTls(declared.tls, '/kafka/tls', materials, faults);
  const sasl = compileSasl(declared.sasl, materials, faults);
  if (declared.brokers === undefined) return undefined;
  return {
    kind: 'kafka',
    brokers: readBrokers(declared.brokers, faults),
    clientId,
    idempotent,
    ...(compression !== undefined && { compression }),
    ...(schemaIds !== undefined && { schemaIds }),
    ...(tls !== undefined && { tls }),
    ...(sasl !== undefined && { sasl }),
    topics: {
      create: wanted.create ?? defaults.word('kafka.topics.create', ['missing', 'never']),
      partitions: wanted.partitions ?? defaults.number('kafka.topics.partitions'),
      replicationFactor: wanted.replicationFactor ?? defaults.number('kafka.topics.replicationFactor'),
    },
  };
}

function readBrokers(declared: KafkaDeclaration['brokers'], faults: Fault[]): readonly string[] {
  const list = typeof declared === 'string' ? declared.split(',') : declared;
  const brokers = list.map((broker) => broker.trim());
  for (const [index, broker] of brokers.entries()) {
    const port = /^(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})$/.exec(broker)?.[1];
    if (port !== undefined && Number(port) > 0 && Number(port) < 65536) continue;
    const pointer = typeof declared === 'string' ? '/kafka/brokers' : `/kafka/brokers/${index}`;
    const message = brokers.length === 1 ? 'A broker must be host:port' : `Broker ${index + 1} must be host:port`;
    faults.push({ ...invalid, pointer, message });
  }
  return brokers;
}

/** The files of a client's TLS, declared at `pointer`. */
export function compileTls(
  declared: KafkaDeclaration['tls'],
  pointer: string,
  materials: Materials,
  faults: Fault[],
): KafkaSettings['tls'] {
  if (declared === undefined) return undefined;
  const { ca, cert, key } = declared;
  const readPem = (name: string | undefined, key: string) =>
    name === undefined ? undefined : readFileText(name, `${pointer}/${key}`, 'config-file-missing', materials, faults);
  const keyText = key === undefined ? undefined : readSecret(key, `${pointer}/key`, materials, faults);
  return {
    ...optional('ca', readPem(ca, 'ca')),
    ...optional('cert', readPem(cert, 'cert')),
    ...optional('key', keyText === undefined ? undefined : new Redacted(keyText)),
    rejectUnauthorized: declared.rejectUnauthorized ?? checksServers(pointer, materials),
  };
}

/** Whether the certificate of a server is checked where the TLS at the pointer does not say so. */
export function checksServers(pointer: string, { defaults }: Materials): boolean {
  return defaults.flag(`${pointer.slice(1).replaceAll('/', '.')}.rejectUnauthorized`);
}

function readCompression(declared: PartialKafka, defaults: Defaults, faults: Fault[]): KafkaSettings['compression'] {
  const { compression = defaults.word('kafka.compression', ['none', 'gzip', 'zstd']) } = declared;
  if (compression === 'zstd' && !('zstdCompress' in zlib)) {
    const message = `This Node.js (${process.version}) has no zstd: it needs 22.15 or newer, or take gzip`;
    faults.push({ ...invalid, pointer: '/kafka/compression', message });
  }
  return compression === 'none' ? undefined : compression;
}

/** By whole names. A topic that nothing goes to is a typo. */
function readSchemaIds(
  { schemaIds, topicPrefix = '' }: PartialKafka,
  topics: readonly string[],
  faults: Fault[],
): KafkaSettings['schemaIds'] {
  if (schemaIds === undefined) return undefined;
  const whole = Object.entries(schemaIds).map(
    ([topic, guid]) => [topic, topicPrefix + topic, guid.toLowerCase()] as const,
  );
  for (const [topic, name] of whole) {
    if (topics.includes(name)) continue;
    const near = closest(name, topics)?.slice(topicPrefix.length);
    faults.push({
      rule: 'route-unknown-topic',
      severity: 'warning',
      pointer: `/kafka/schemaIds${toPointer(topic)}`,
      key: true,
      message: `No route sends to the topic "${topic}": its schema id has no effect`,
      ...optional('hint', near === undefined ? undefined : `did you mean "${near}"?`),
    });
  }
  return Object.fromEntries(whole.map(([, name, guid]) => [name, guid]));
}
