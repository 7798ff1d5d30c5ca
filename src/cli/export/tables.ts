import { toTableName } from './names.js';
import type { ExportedTopic } from './topics.js';

/** Header → column, in the order of the table. */
const columns: readonly (readonly [header: string, column: string])[] = [
  ['ce_id', 'event_id'],
  ['ce_type', 'event_type'],
  ['ce_source', 'event_source'],
  ['ce_subject', 'event_subject'],
  ['ce_time', 'event_time'],
];

/**
 * Flink SQL for its Kafka connector: a table and a view for each topic. The table has the record as it is, since the
 * connector's own JSON format would drop fields; the view reads the CloudEvents headers.
 */
export function exportFlink(topics: readonly ExportedTopic[], broker: string): string {
  return topics.map(({ topic }) => tableOf(topic, broker)).join('\n');
}

function tableOf(topic: string, broker: string): string {
  const table = toTableName(topic);
  const fields = columns.map(([header, column]) => `  DECODE(\`headers\`['${header}'], 'UTF-8') AS \`${column}\``);
  return `CREATE TABLE \`${table}_records\` (
  \`payload\` STRING,
  \`record_key\` STRING,
  \`headers\` MAP<STRING, BYTES> METADATA,
  \`record_time\` TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',
  \`partition\` INT METADATA VIRTUAL,
  \`offset\` BIGINT METADATA VIRTUAL,
  WATERMARK FOR \`record_time\` AS \`record_time\` - INTERVAL '5' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = '${quote(topic)}',
  'properties.bootstrap.servers' = '${quote(broker)}',
  'scan.startup.mode' = 'earliest-offset',
  'key.format' = 'raw',
  'key.fields' = 'record_key',
  'value.format' = 'raw',
  'value.fields-include' = 'EXCEPT_KEY'
);

CREATE VIEW \`${table}\` AS SELECT
${fields.join(',\n')},
  \`record_key\`,
  \`payload\`,
  \`record_time\`
FROM \`${table}_records\`;
`;
}

function quote(text: string): string {
  return text.replaceAll("'", "''");
}

/**
 * What a Kafka Connect sink needs to read the topics: keys and headers as text, values as JSON without a schema. The
 * class, and where the sink writes, are for whoever adds it.
 */
export function exportConnect(topics: readonly ExportedTopic[]): object {
  return {
    name: 'webhooks-sink',
    config: {
      'connector.class': 'CLASS OF YOUR SINK',
      'tasks.max': '1',
      topics: topics.map(({ topic }) => topic).join(','),
      'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'value.converter.schemas.enable': 'false',
      'header.converter': 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
      'errors.tolerance': 'none',
    },
  };
}
