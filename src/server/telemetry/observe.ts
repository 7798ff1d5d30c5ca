import type { PublisherStatus } from '../../publish/create.js';
import type { MetricName, Reading } from './metrics.js';

/** What a process is like at the moment. */
export interface Observed extends Partial<PublisherStatus> {
  readonly inFlight: number;
  readonly arriving: number;
  /** Of the public server. */
  readonly connections: { readonly open: number; readonly refused: { readonly [limit: string]: number } };
  /** When the certificate of the public server stops being valid: milliseconds since the epoch. Absent: it has none. */
  readonly certificateExpires?: number | undefined;
  readonly connected: boolean;
  /** Absent without a dedupe window. */
  readonly dedupeIds?: number | undefined;
  /** Whether what is published can be remembered. */
  readonly dedupeUsable: boolean;
  /** Of the store that replicas share; absent without one. */
  readonly sharedDedupe?: { readonly usable: boolean; readonly degraded: number } | undefined;
  /** Slot of the worker. */
  readonly worker: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export function collectGauges({
  inFlight,
  arriving,
  connections,
  certificateExpires,
  connected,
  queue,
  spool,
  dedupeIds,
  dedupeUsable,
  sharedDedupe,
  worker,
  now,
}: Observed): readonly Reading[] {
  return [
    read('gateway_in_flight', inFlight),
    read('gateway_bodies_arriving', arriving),
    read('gateway_connections', connections.open),
    ...Object.entries(connections.refused).map(([limit, value]) =>
      read('gateway_connections_refused_total', value, { limit }),
    ),
    ...(certificateExpires === undefined
      ? []
      : [read('gateway_tls_certificate_expires_timestamp_seconds', certificateExpires / 1000)]),
    read('gateway_kafka_connected', Number(connected)),
    ...(dedupeIds === undefined
      ? []
      : [read('gateway_dedupe_ids', dedupeIds), read('gateway_dedupe_usable', Number(dedupeUsable))]),
    ...(sharedDedupe === undefined
      ? []
      : [
          read('gateway_dedupe_store_usable', Number(sharedDedupe.usable)),
          read('gateway_dedupe_degraded_events_total', sharedDedupe.degraded),
        ]),
    ...(queue === undefined ? [] : observeQueue(queue)),
    ...(spool === undefined ? [] : observeSpool(spool, now)),
    ...observeProcess(String(worker), now),
  ];
}

function observeQueue({ records, bytes }: PublisherStatus['queue']): readonly Reading[] {
  return [read('gateway_queue_records', records), read('gateway_queue_bytes', bytes)];
}

function observeSpool(
  { lanes, fullSince, unusable, damagedFiles }: PublisherStatus['spool'],
  now: number,
): readonly Reading[] {
  return [
    read('gateway_spool_full', Number(fullSince !== undefined)),
    read('gateway_spool_unusable', Number(unusable !== undefined)),
    read('gateway_spool_damaged_files', damagedFiles),
    ...lanes.flatMap(({ topic, open, spooled, bytes, oldest = now, refused, resumed, parked }) => [
      read('gateway_lane_open', Number(open), { topic }),
      read('gateway_spool_records', spooled, { topic }),
      read('gateway_spool_bytes', bytes, { topic }),
      read('gateway_spool_oldest_seconds', Math.max(0, now - oldest) / 1000, { topic }),
      read('gateway_spool_refused_total', refused, { topic }),
      ...Object.entries(resumed ?? {}).map(([outcome, value]) =>
        read('gateway_unanswered_records_total', value, { topic, outcome }),
      ),
      read('gateway_parked_records', parked, { topic }),
    ]),
  ];
}

/** Of this process. The primary of several has no number. */
export function observeProcess(worker: string, now: number): readonly Reading[] {
  const { user, system } = process.cpuUsage();
  return [
    read('process_cpu_seconds_total', (user + system) / 1e6, { worker }),
    read('process_resident_memory_bytes', process.memoryUsage.rss(), { worker }),
    read('process_start_time_seconds', now / 1000 - process.uptime(), { worker }),
  ];
}

export function read(metric: MetricName, value: number, labels: Reading['labels'] = {}): Reading {
  return { metric, labels, value };
}
