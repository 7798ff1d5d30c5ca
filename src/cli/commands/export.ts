import { join } from 'node:path';
import type { GatewaySettings } from '../../config/settings.js';
import { BaseCommand } from '../base-command.js';
import type { ExportedTopic } from '../export/topics.js';
import { Args } from '../oclif.js';
import { loadSettings } from '../settings.js';
import { configFlag, whichConfig } from '../which-config.js';

const formats = ['asyncapi', 'types', 'cloudevents', 'flink', 'connect'] as const;
type Format = (typeof formats)[number];

export default class Export extends BaseCommand {
  static override summary = 'Describe the topics for those who read them: AsyncAPI, TypeScript, SQL and more.';
  static override description =
    'asyncapi: an AsyncAPI document with the Kafka bindings. types: TypeScript types of the events and topics. cloudevents: ' +
    'message definitions of xRegistry. flink: tables and views for Flink SQL. connect: the converters of a Kafka Connect sink.';
  static override examples = [
    '<%= config.bin %> export asyncapi > asyncapi.json',
    '<%= config.bin %> export types > webhooks.d.ts',
  ];
  static override args = {
    format: Args.string({ description: `One of ${formats.join(', ')}.`, options: [...formats], required: true }),
  };
  static override flags = { config: configFlag };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Export);
    const settings = await loadSettings(whichConfig(flags.config).file, { warn: false });
    const { listTopics } = await import('../export/topics.js');
    const format = formats.find((each) => each === args.format) ?? 'asyncapi';
    const exported = await describe(format, settings, listTopics(settings), this.config.version);
    this.log(typeof exported === 'string' ? exported.trimEnd() : JSON.stringify(exported, undefined, 2));
    return exported;
  }
}

async function describe(
  format: Format,
  { publisher, deadLetter }: GatewaySettings,
  topics: readonly ExportedTopic[],
  version: string,
): Promise<object | string> {
  const broker = publisher.kind === 'kafka' ? publisher.brokers[0] : undefined;
  if (format === 'types') return (await import('../export/types.js')).exportTypes(topics);
  if (format === 'cloudevents') return (await import('../export/cloudevents.js')).exportCloudevents(topics);
  if (format === 'asyncapi') {
    const [{ exportAsyncapi }, { packageRoot }, { readJson }] = await Promise.all([
      import('../export/asyncapi.js'),
      import('../../util/package-root.js'),
      import('../../util/read-text.js'),
    ]);
    const { $defs = {} }: { $defs?: { [name: string]: object } } = await readJson(
      join(packageRoot, 'schemas/record.schema.json'),
    );
    const parts = { topics, deadLetterTopic: deadLetter.topic, version, record: { $defs } };
    return exportAsyncapi({ ...parts, ...(broker !== undefined && { broker }) });
  }
  const { exportConnect, exportFlink } = await import('../export/tables.js');
  return format === 'flink' ? exportFlink(topics, broker ?? 'localhost:9092') : exportConnect(topics);
}
