import { dirname, resolve } from 'node:path';
import { parseYaml } from '../diagnostics/parse.js';
import { disk, type Files } from '../util/read-text.js';
import { fieldsOf, listOf } from '../util/values.js';
import type { Environment } from './substitute.js';

/** What a configuration can be loaded with where its secrets are not at hand. */
export interface MadeUp {
  readonly environment: Environment;
  readonly files: Files;
  /** What was made up: names of variables and files, as the configuration has them. */
  readonly names: readonly string[];
}

/** Where a secret of a configuration is found, and whose it is. */
export interface SecretPlace {
  readonly env?: string;
  /** As the configuration has it, relative to its folder. */
  readonly file?: string;
  /** Absent: it is of Kafka, of the admin server or of the collector. */
  readonly provider?: string;
  readonly endpoint?: string;
  readonly kind: string;
  readonly name?: string;
  /** Where in the configuration: names from the root, dots between; endpoints and secrets go by name. Absent: a certificate. */
  readonly at?: string;
}

/**
 * Makes up the secrets that a gateway.yaml refers to: all, or those that aren't there. `make`: a text for a secret of
 * this provider and kind; without a provider, for a password or a file of Kafka, or the token of the admin server.
 */
export async function makeUpSecrets(
  file: string,
  environment: Environment,
  which: 'all' | 'missing',
  make: (provider: string | undefined, kind: string) => Promise<string>,
): Promise<MadeUp> {
  const variables: { [name: string]: string } = {};
  const texts = new Map<string, string>();
  const names = new Set<string>();
  for (const { env, file: name, provider, kind } of await listSecrets(file)) {
    const path = name === undefined ? undefined : resolve(dirname(file), name);
    if (env !== undefined && (which === 'all' || !environment[env]) && variables[env] === undefined) {
      variables[env] = await make(provider, kind);
      names.add(env);
    }
    if (path === undefined || name === undefined || texts.has(path)) continue;
    if (which === 'missing' && 'text' in (await disk.read(path))) continue;
    texts.set(path, await make(provider, kind));
    names.add(name);
  }
  async function read(path: string) {
    const text = texts.get(path);
    return text === undefined ? disk.read(path) : { text };
  }
  return { environment: { ...environment, ...variables }, files: { ...disk, read }, names: [...names] };
}

/** The secrets that a gateway.yaml refers to. What is wrong with the file is said when it is loaded. */
export async function listSecrets(file: string): Promise<readonly SecretPlace[]> {
  const read = await disk.read(file);
  if (!('text' in read)) return [];
  const root = fieldsOf(parseYaml(file, read.text).document?.value);
  const kafka = fieldsOf(root.kafka);
  const tls = fieldsOf(kafka.tls);
  const sasl = fieldsOf(kafka.sasl);
  const client = fieldsOf(sasl.clientCredentials);
  const named = [tls.ca, tls.cert].flatMap((name) => (typeof name === 'string' ? [{ file: name, kind: 'tls' }] : []));
  const ofKafka = [
    { ...referenceOf(tls.key), kind: 'kafka', at: 'kafka.tls.key' },
    { ...referenceOf(sasl.password), kind: 'kafka', at: 'kafka.sasl.password' },
    { ...referenceOf(client.clientSecret), kind: 'kafka', at: 'kafka.sasl.clientCredentials.clientSecret' },
  ];
  const redis = fieldsOf(fieldsOf(root.dedupe).redis);
  const ofRedis = [
    { ...referenceOf(fieldsOf(redis.tls).key), kind: 'redis', at: 'dedupe.redis.tls.key' },
    { ...referenceOf(redis.password), kind: 'redis', at: 'dedupe.redis.password' },
    { ...referenceOf(fieldsOf(redis.sentinel).password), kind: 'redis', at: 'dedupe.redis.sentinel.password' },
  ];
  const endpoints = listOf(root.endpoints).flatMap((endpoint) => {
    const { name: given, provider, secrets } = fieldsOf(endpoint);
    return listOf(secrets).map((secret) => {
      const { for: kind, name } = fieldsOf(secret);
      const own = { endpoint: String(given ?? provider), name: String(name), kind: String(kind ?? name) };
      const at = `endpoints.${own.endpoint}.secrets.${own.name}`;
      return { ...referenceOf(secret), provider: String(provider), ...own, at };
    });
  });
  const ofCollector = Object.entries(fieldsOf(fieldsOf(fieldsOf(root.telemetry).otlp).headers)).map(
    ([name, reference]) => ({ ...referenceOf(reference), kind: 'otlp', at: `telemetry.otlp.headers.${name}` }),
  );
  const ofAdmin = { ...referenceOf(fieldsOf(root.admin).token), kind: 'admin', at: 'admin.token' };
  return [...named, ...ofKafka, ...ofRedis, ofAdmin, ...ofCollector, ...endpoints];
}

function referenceOf(value: unknown): Pick<SecretPlace, 'env' | 'file'> {
  const { env, file } = fieldsOf(value);
  return {
    ...(typeof env === 'string' ? { env } : {}),
    ...(typeof file === 'string' && !file.includes('${') ? { file } : {}),
  };
}
