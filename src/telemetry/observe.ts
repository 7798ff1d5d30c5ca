import type { SpoolStatus } from '../publish/spool/spool.js';
import type { MetricName, Reading } from './metrics.js';

/** What a process is like at the moment. */
export interface Observed {
  readonly inFlight: number;
  readonly connected: boolean;
  /** Absent with the embedded log. */
  readonly spool?: SpoolStatus | undefined;
  /** Absent without a dedupe window. */
  readonly dedupeIds?: number | undefined;
  /** Slot of the worker. */
  readonly worker: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export function observe({ inFlight, connected, spool, dedupeIds, worker, now }: Observed): readonly Reading[] {
  return [
    read('gateway_in_flight', inFlight),
    read('gateway_kafka_connected', Number(connected)),
    ...(dedupeIds === undefined ? [] : [read('gateway_dedupe_ids', dedupeIds)]),
    ...(spool === undefined ? [] : observeSpool(spool, now)),
    ...observeProcess(String(worker), now),
  ];
}

function observeSpool({ lanes, fullSince, parked }: SpoolStatus, now: number): readonly Reading[] {
  return [
    read('gateway_spool_full', Number(fullSince !== undefined)),
    read('gateway_parked_records', parked),
    ...lanes.flatMap(({ topic, open, spooled, bytes, oldest = now, refused }) => [
      read('gateway_lane_open', Number(open), { topic }),
      read('gateway_spool_records', spooled, { topic }),
      read('gateway_spool_bytes', bytes, { topic }),
      read('gateway_spool_oldest_seconds', Math.max(0, now - oldest) / 1000, { topic }),
      read('gateway_spool_refused_total', refused, { topic }),
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
