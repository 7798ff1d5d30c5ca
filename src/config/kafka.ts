import type { Fault } from '../model.js';
import { optional } from '../plugins/optional.js';
import type { KafkaDeclaration, PartialKafka } from './declaration.js';
import { type Materials, readFileText, readSecret } from './materials.js';
import { type KafkaSettings, Redacted } from './settings.js';

/** Compiles `kafka` of a gateway.yaml, with the defaults of its schema; absent without brokers. */
export function compileKafka(
  declared: PartialKafka,
  materials: Materials,
  faults: Fault[],
): Omit<KafkaSettings, 'spool'> | undefined {
  const { clientId = 'webhook-gateway', client = 'kafkajs', idempotent = true, topics = {} } = declared;
  const tls = compileTls(declared.tls, '/kafka/tls', materials, faults);
  const sasl = compileSasl(declared.sasl, materials, faults);
  if (declared.brokers === undefined) return undefined;
  return {
    kind: 'kafka',
    brokers: readBrokers(declared.brokers, faults),
    ...{ clientId, client, idempotent },
    ...optional('tls', tls),
    ...optional('sasl', sasl),
    topics: {
      create: topics.create ?? 'missing',
      partitions: topics.partitions ?? 6,
      replicationFactor: topics.replicationFactor ?? 1,
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
    faults.push({ rule: 'config-invalid', severity: 'error', pointer, message });
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
  const { ca, cert, key, rejectUnauthorized = true } = declared;
  const readPem = (name: string | undefined, key: string) =>
    name === undefined ? undefined : readFileText(name, `${pointer}/${key}`, 'config-file-missing', materials, faults);
  const keyText = key === undefined ? undefined : readSecret(key, `${pointer}/key`, materials, faults);
  return {
    ...optional('ca', readPem(ca, 'ca')),
    ...optional('cert', readPem(cert, 'cert')),
    ...optional('key', keyText === undefined ? undefined : new Redacted(keyText)),
    rejectUnauthorized,
  };
}

function compileSasl(declared: PartialKafka['sasl'], materials: Materials, faults: Fault[]): KafkaSettings['sasl'] {
  if (declared === undefined) return undefined;
  const { mechanism, username } = declared;
  const password = readSecret(declared.password ?? {}, '/kafka/sasl/password', materials, faults);
  if (password === undefined || mechanism === undefined || username === undefined) return undefined;
  return { mechanism, username, password: new Redacted(password) };
}
