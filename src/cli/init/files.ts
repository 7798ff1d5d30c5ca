import { join, resolve } from 'node:path';
import type { SoundPlugin } from '../../config/plugins/catalogue.js';
import { schemaComment } from '../../config/plugins/schema-comment.js';
import { makeSecretText } from '../../testing/plugins/secrets.js';
import { configText } from '../config-text.js';
import { type EndpointYaml, endpointYaml } from '../endpoint-yaml.js';
import { testsText } from './tests.js';

export interface InitWishes {
  readonly plugins: readonly SoundPlugin[];
  /** `host:port`, with commas between several; absent: no Kafka. */
  readonly kafka?: string | undefined;
  /** True: a compose.yaml with a Kafka broker. */
  readonly compose: boolean;
}

/** What `gateway init` writes, by path relative to the folder. */
export interface InitFiles {
  /** New files. */
  readonly whole: ReadonlyMap<string, string>;
  /** Lines that a file gets if it lacks them; those of .env by the name of their variable. */
  readonly added: ReadonlyMap<string, readonly string[]>;
}

interface Variable {
  readonly name: string;
  readonly about: string;
  /** For development. */
  readonly value: string;
}

/** Texts of a configuration that lints clean, of tests that pass, and of what they need. */
export async function initFiles(wishes: InitWishes, now: number): Promise<InitFiles> {
  const variables = wishes.plugins.flatMap(variablesOf);
  const endpoints = wishes.plugins.map((plugin) =>
    endpointYaml(plugin, (...kind) => `env: ${secretVariable(...kind)}`, parameterText),
  );
  const tests = await Promise.all(
    wishes.plugins.map(async (plugin) => ({ name: plugin.provider.name, text: await testsText(plugin, now) })),
  );
  const brokers = wishes.kafka === undefined ? [] : [`KAFKA_BOOTSTRAP_SERVERS=${wishes.kafka}`];
  return {
    whole: new Map([
      ['gateway.yaml', gatewayText(endpoints, wishes.kafka)],
      ['.env.example', exampleText(variables, brokers)],
      ...tests.flatMap(({ name, text }) =>
        text === undefined ? [] : [[join('tests', `${name}.yaml`), text] as const],
      ),
      ...(wishes.compose ? [['compose.yaml', composeText] as const] : []),
    ]),
    added: new Map([
      ['.env', variables.map(({ name, value }) => `${name}=${quote(value)}`)],
      ['.gitignore', ['.env', 'data/', 'node_modules/']],
    ]),
  };
}

function gatewayText(endpoints: readonly EndpointYaml[], kafka: string | undefined): string {
  return configText({
    about: [
      ...schemaComment('gateway', resolve()).map((line) => line.replace('# ', '')),
      'Check it with "gateway lint-config", test it with "gateway test". Variables are those of .env and of the environment.',
    ],
    listen: variable('GATEWAY_LISTEN', '127.0.0.1:8000'),
    admin: variable('GATEWAY_ADMIN_LISTEN', '127.0.0.1:8001'),
    brokers: kafka === undefined ? undefined : variable('KAFKA_BOOTSTRAP_SERVERS', kafka),
    data: 'data',
    publicUrl: endpoints.some(({ needsUrl }) => needsUrl)
      ? variable('GATEWAY_PUBLIC_URL', 'http://127.0.0.1:8000')
      : undefined,
    endpoints,
  });
}

function variable(name: string, fallback: string): string {
  return `$\{${name}:-${fallback}}`;
}

function secretVariable(provider: string, kind: string, ofSeveral: boolean): string {
  return variableName(ofSeveral ? `${provider}_${kind}` : `${provider}_webhook_secret`);
}

/** With it the configuration can be checked and tested: the examples of plugins have it. */
function madeUp(parameter: string): string {
  return `made_up_${parameter}`;
}

function parameterText(provider: string, name: string): string {
  return variable(variableName(`${provider}_${name}`), madeUp(name));
}

function variableName(text: string): string {
  return text.toUpperCase().replace(/^(?=\d)/, '_');
}

function variablesOf(plugin: SoundPlugin): readonly Variable[] {
  const { name, title, scheme } = plugin.provider;
  const { secrets } = endpointYaml(
    plugin,
    () => '',
    () => '',
  );
  const ofSecrets = secrets.map((kind) => ({
    name: secretVariable(name, kind.name, secrets.length > 1),
    about: `${title}: ${kind.description}`,
    value: makeSecretText(plugin.declaration, kind.name),
  }));
  const ofParams = scheme.needs.params
    .filter(({ optional }) => !optional)
    .map((param) => ({
      name: variableName(`${name}_${param.name}`),
      about: `${title}: ${param.description}`,
      value: madeUp(param.name),
    }));
  return [...ofSecrets, ...ofParams];
}

function exampleText(variables: readonly Variable[], brokers: readonly string[]): string {
  return [
    '# What gateway.yaml takes from the environment. The file .env is read, too; keep it out of version control.',
    ...variables.flatMap(({ name, about }) => [`# ${about.replace(/\s+/g, ' ')}`, `${name}=`]),
    ...brokers,
    '# GATEWAY_LISTEN=0.0.0.0:8000',
    '',
  ].join('\n');
}

/** A key has several lines. */
function quote(value: string): string {
  return value.includes('\n') ? `"${value}"` : value;
}

/** The broker of the repository's deploy/compose.yaml, for a gateway on the host. */
const composeText = `# A Kafka broker for development: docker compose up -d, then KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:9092.
services:
  kafka:
    image: apache/kafka:4.1.0
    environment:
      KAFKA_NODE_ID: "1"
      KAFKA_PROCESS_ROLES: broker,controller
      KAFKA_CONTROLLER_QUORUM_VOTERS: 1@kafka:9093
      KAFKA_LISTENERS: PLAINTEXT://:29092,HOST://:9092,CONTROLLER://:9093
      KAFKA_ADVERTISED_LISTENERS: PLAINTEXT://kafka:29092,HOST://127.0.0.1:9092
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: PLAINTEXT:PLAINTEXT,HOST:PLAINTEXT,CONTROLLER:PLAINTEXT
      KAFKA_INTER_BROKER_LISTENER_NAME: PLAINTEXT
      KAFKA_CONTROLLER_LISTENER_NAMES: CONTROLLER
      KAFKA_LOG_DIRS: /var/lib/kafka/data
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: "false"
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "1"
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: "1"
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: "1"
    ports:
      - 127.0.0.1:9092:9092
    volumes:
      - kafka:/var/lib/kafka/data

volumes:
  kafka:
`;
