import type { EndpointYaml } from './endpoint-yaml.js';

/** What a new gateway.yaml says. Folders are relative to it. */
export interface ConfigWishes {
  /** Lines of comment at its top. */
  readonly about: readonly string[];
  readonly listen: string;
  readonly admin: string;
  /** Absent: the embedded log. As it stands in the YAML. */
  readonly brokers?: string | undefined;
  /** The folder of what the gateway keeps. */
  readonly data: string;
  readonly publicUrl?: string | undefined;
  readonly endpoints: readonly EndpointYaml[];
}

/** The text of a gateway.yaml that lints clean, given its secrets. Plugins are those of the package. */
export function configText({ about, listen, admin, brokers, data, publicUrl, endpoints }: ConfigWishes): string {
  return [
    ...about.map((line) => `# ${line}`),
    'version: 1',
    '',
    'server:',
    `  listen: ${listen}`,
    ...(publicUrl === undefined ? [] : [`  publicUrl: ${publicUrl}`]),
    '',
    '# For operators: status, metrics, reload. Keep it off the public network.',
    'admin:',
    `  listen: ${admin}`,
    '',
    ...store(brokers, data),
    '',
    '# An event that comes again within the window is answered and not published again.',
    `dedupe: { window: 72h, dir: ${data}/dedupe }`,
    '',
    'endpoints:',
    ...endpoints.flatMap(({ title, lines }) => [`  # ${title}`, ...lines]),
    '',
  ].join('\n');
}

function store(brokers: string | undefined, data: string): readonly string[] {
  if (brokers === undefined)
    return ['# Records go to a log on this machine, without Kafka.', `embedded: { dir: ${data}/log }`];
  return [
    'kafka:',
    `  brokers: ${brokers}`,
    '  topics: { create: missing, partitions: 6, replicationFactor: 1 }   # 3 on a cluster',
    '',
    '# Where records wait while Kafka cannot take them.',
    `spool: { dir: ${data}/spool, maxBytes: 2GiB }`,
  ];
}
