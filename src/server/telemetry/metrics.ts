/** How the readings of several processes become one. */
type Merge = 'sum' | 'max' | 'min';

interface Definition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly merge: Merge;
  readonly help: string;
}

/** Every metric: the one table. No label has a value that a stranger can choose. */
export const metrics = {
  gateway_deliveries_total: {
    type: 'counter',
    labels: ['endpoint', 'outcome'],
    merge: 'sum',
    help: 'Requests by what became of them: accepted, spooled, duplicate, dead_lettered, unproven, handshake, refused, unavailable, error.',
  },
  gateway_events_total: {
    type: 'counter',
    labels: ['endpoint', 'outcome'],
    merge: 'sum',
    help: 'Events by what became of them: accepted, spooled, duplicate, dead_lettered. A batch has several.',
  },
  gateway_event_id_reused_total: {
    type: 'counter',
    labels: ['endpoint', 'outcome'],
    merge: 'sum',
    help: 'Events whose id and type were known with other content. published: they are new events. duplicate: they were not published, since the plugin says that the id alone names an event.',
  },
  gateway_unknown_types_total: {
    type: 'counter',
    labels: ['endpoint'],
    merge: 'sum',
    help: "Published events whose type the plugin's list of event types lacks: the list is old, or the provider has something new. They are routed like all others.",
  },
  gateway_rejections_total: {
    type: 'counter',
    labels: ['endpoint', 'reason'],
    merge: 'sum',
    help: 'Why deliveries, or items of a batch, were stopped. Requests to a path that no endpoint has count under an empty endpoint.',
  },
  gateway_unverified_dropped_total: {
    type: 'counter',
    labels: ['endpoint'],
    merge: 'sum',
    help: 'Unproven deliveries of which no dead letter was kept: over the budget (deadLetter.unverified), or nothing took it.',
  },
  gateway_card_numbers_total: {
    type: 'counter',
    labels: ['endpoint'],
    merge: 'sum',
    help: 'Card numbers that panGuard has found in what was to be written, masked or not.',
  },
  gateway_protected_values_total: {
    type: 'counter',
    labels: ['endpoint'],
    merge: 'sum',
    help: 'Values of the fields of protect that were dropped, masked, tokenised or encrypted.',
  },
  gateway_last_event_timestamp_seconds: {
    type: 'gauge',
    labels: ['endpoint'],
    merge: 'max',
    help: 'When the last event came that was published, or was a repetition of one; since the start.',
  },
  gateway_expected_events_last_timestamp_seconds: {
    type: 'gauge',
    labels: ['endpoint', 'events'],
    merge: 'max',
    help: 'When the last event came of those that the endpoint expects; where none has come, since when they are expected. Over restarts.',
  },
  gateway_expected_events_limit_seconds: {
    type: 'gauge',
    labels: ['endpoint', 'events'],
    merge: 'min',
    help: 'After how long without one they are overdue. Absent while that is being learned.',
  },
  gateway_expected_events_overdue: {
    type: 'gauge',
    labels: ['endpoint', 'events'],
    merge: 'min',
    help: '1 while the last of the expected events is longer ago than that. Raise an alarm.',
  },
  gateway_request_seconds: {
    type: 'histogram',
    labels: ['endpoint'],
    merge: 'sum',
    help: 'From the head of the request to the outcome, of deliveries whose body was read.',
  },
  gateway_publish_seconds: {
    type: 'histogram',
    labels: [],
    merge: 'sum',
    help: 'Until a record was safe: acknowledged by Kafka, in the embedded log, or spooled.',
  },
  gateway_in_flight: { type: 'gauge', labels: [], merge: 'sum', help: 'Deliveries that are being processed.' },
  gateway_bodies_arriving: {
    type: 'gauge',
    labels: [],
    merge: 'sum',
    help: 'Deliveries whose body is not complete yet.',
  },
  gateway_connections: { type: 'gauge', labels: [], merge: 'sum', help: 'Open connections of the public server.' },
  gateway_connections_refused_total: {
    type: 'counter',
    labels: ['limit'],
    merge: 'sum',
    help: 'Connections that were refused, by the limit of server.limits that they were over: connections, connectionsPerAddress, and with TLS unprovenPerAddress.',
  },
  gateway_tls_certificate_expires_timestamp_seconds: {
    type: 'gauge',
    labels: [],
    merge: 'min',
    help: 'When the certificate of server.tls stops being valid, that of the worker with the oldest one. Raise an alarm two weeks before: value - time() < 1209600.',
  },
  gateway_kafka_connected: {
    type: 'gauge',
    labels: [],
    merge: 'min',
    help: '1 while every worker is connected to Kafka, or writes the embedded log.',
  },
  gateway_queue_records: {
    type: 'gauge',
    labels: [],
    merge: 'sum',
    help: 'Records in memory that Kafka has not acknowledged yet; spooled ones that are being sent count here, too.',
  },
  gateway_queue_bytes: { type: 'gauge', labels: [], merge: 'sum', help: 'Bytes of them, about.' },
  gateway_lane_open: {
    type: 'gauge',
    labels: ['topic'],
    merge: 'min',
    help: '1 while records of the topic go straight to Kafka, 0 while a worker spools them.',
  },
  gateway_spool_records: {
    type: 'gauge',
    labels: ['topic'],
    merge: 'sum',
    help: 'Records on the local disk that wait for Kafka.',
  },
  gateway_spool_bytes: { type: 'gauge', labels: ['topic'], merge: 'sum', help: 'Bytes of them on disk.' },
  gateway_spool_oldest_seconds: {
    type: 'gauge',
    labels: ['topic'],
    merge: 'max',
    help: 'Age of the oldest of them; 0 while none waits.',
  },
  gateway_spool_refused_total: {
    type: 'counter',
    labels: ['topic'],
    merge: 'sum',
    help: 'Records that neither Kafka nor the spool could take: their senders got 503.',
  },
  gateway_unanswered_records_total: {
    type: 'counter',
    labels: ['topic', 'outcome'],
    merge: 'sum',
    help: 'Records that were in flight to Kafka when a former process was stopped. once: they went on under their numbers. unknown: they were sent again, and Kafka may have them twice.',
  },
  gateway_spool_full: {
    type: 'gauge',
    labels: [],
    merge: 'max',
    help: '1 while a spool has no room: webhooks are answered with 503. Raise an alarm.',
  },
  gateway_spool_unusable: {
    type: 'gauge',
    labels: [],
    merge: 'max',
    help: "1 while a spool's disk takes nothing or its folder is gone: without Kafka, webhooks are answered with 503. Raise an alarm.",
  },
  gateway_spool_damaged_files: {
    type: 'gauge',
    labels: [],
    merge: 'sum',
    help: 'Files of the spool that cannot be read and are set aside: see gateway spool recover. Raise an alarm above 0.',
  },
  gateway_parked_records: {
    type: 'gauge',
    labels: ['topic'],
    merge: 'sum',
    help: 'Records that Kafka refused for good after their 200: see gateway spool list. Raise an alarm above 0.',
  },
  gateway_dedupe_ids: { type: 'gauge', labels: [], merge: 'max', help: 'Events in the dedupe window.' },
  gateway_dedupe_usable: {
    type: 'gauge',
    labels: [],
    merge: 'min',
    help: '0 while a worker cannot read or write the dedupe window: repetitions may be published again. Raise an alarm.',
  },
  gateway_dedupe_store_usable: {
    type: 'gauge',
    labels: [],
    merge: 'min',
    help: '0 while a worker cannot use the Redis of dedupe.redis: an event that comes to two replicas is published twice, or refused. Raise an alarm.',
  },
  gateway_dedupe_degraded_events_total: {
    type: 'counter',
    labels: [],
    merge: 'sum',
    help: 'Events that were published while Redis was unavailable, known to one replica only: their records have ce_deduped.',
  },
  gateway_spans_exported_total: {
    type: 'counter',
    labels: [],
    merge: 'sum',
    help: 'Spans that the collector has taken. Only with tracing.',
  },
  gateway_spans_dropped_total: {
    type: 'counter',
    labels: ['reason'],
    merge: 'sum',
    help: 'Spans that were not exported. queue_full: too many waited. refused: the collector does not want them. unavailable: it did not take them in time. Webhooks are not touched by that.',
  },
  gateway_secret_last_used_timestamp_seconds: {
    type: 'gauge',
    labels: ['endpoint', 'secret'],
    merge: 'max',
    help: 'When a delivery was last proven by the secret of this name, since the start.',
  },
  gateway_config_info: {
    type: 'gauge',
    labels: ['digest'],
    merge: 'max',
    help: '1; the configuration that is in effect.',
  },
  gateway_config_loaded_timestamp_seconds: {
    type: 'gauge',
    labels: [],
    merge: 'max',
    help: 'When it was loaded.',
  },
  gateway_reload_failed: {
    type: 'gauge',
    labels: [],
    merge: 'max',
    help: '1 while the files hold a configuration that was refused: the old one is in effect. Raise an alarm.',
  },
  gateway_build_info: { type: 'gauge', labels: ['version'], merge: 'max', help: '1; the version that runs.' },
  gateway_workers_ready: { type: 'gauge', labels: [], merge: 'sum', help: 'Processes that take deliveries.' },
  process_cpu_seconds_total: { type: 'counter', labels: ['worker'], merge: 'sum', help: 'CPU time, user and system.' },
  process_resident_memory_bytes: { type: 'gauge', labels: ['worker'], merge: 'max', help: 'Resident memory.' },
  process_start_time_seconds: { type: 'gauge', labels: ['worker'], merge: 'max', help: 'When the process started.' },
} as const satisfies { readonly [name: string]: Definition };

export type MetricName = keyof typeof metrics;

export interface Reading {
  readonly metric: MetricName;
  /** Of a histogram. */
  readonly part?: 'bucket' | 'sum' | 'count';
  readonly labels: { readonly [name: string]: string };
  readonly value: number;
}

/** The readings of several processes as one. */
export function mergeReadings(lists: readonly (readonly Reading[])[]): readonly Reading[] {
  const merged = new Map<string, Reading>();
  for (const reading of lists.flat()) {
    const key = `${reading.metric} ${reading.part} ${JSON.stringify(reading.labels)}`;
    const known = merged.get(key);
    const rule = metrics[reading.metric].merge;
    merged.set(key, known === undefined ? reading : { ...known, value: combine[rule](known.value, reading.value) });
  }
  return [...merged.values()];
}

const combine: { readonly [rule in Merge]: (a: number, b: number) => number } = {
  sum: (a, b) => a + b,
  max: Math.max,
  min: Math.min,
};

/** What only grows: it has to be kept when the process that counted it is gone. */
export function isCount({ metric }: Reading): boolean {
  return metrics[metric].type !== 'gauge';
}

/** The text format of Prometheus, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function formatReadings(readings: readonly Reading[]): string {
  const lines: string[] = [];
  for (const [name, { type, help }] of Object.entries<Definition>(metrics)) {
    const own = readings.filter(({ metric }) => metric === name);
    if (own.length === 0) continue;
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const { part, labels, value } of own) {
      lines.push(`${name}${part === undefined ? '' : `_${part}`}${formatLabels(labels)} ${value}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function formatLabels(labels: Reading['labels']): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
