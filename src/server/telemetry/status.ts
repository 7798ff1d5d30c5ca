import type { GatewaySettings } from '../../config/settings.js';
import type { MetricName, Reading } from './metrics.js';

/** What `GET /status` says and `gateway status` shows. Times are RFC 3339. */
export interface Status {
  readonly version: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly ready: boolean;
  readonly workers: { readonly ready: number; readonly of: number };
  readonly config: {
    readonly file: string;
    readonly digest: string;
    readonly loadedAt: string;
    readonly lastError?: string;
  };
  /** False while a worker has no connection to Kafka. */
  readonly connected: boolean;
  readonly inFlight: number;
  readonly endpoints: readonly EndpointStatus[];
  /** With Kafka: what is in memory and not acknowledged yet; spooled records that are being sent count here, too. */
  readonly queue?: { readonly records: number; readonly bytes: number };
  /** With Kafka: a lane for each topic. */
  readonly lanes: readonly LaneReport[];
  readonly spoolFull: boolean;
  /** The disk of a spool takes nothing. */
  readonly spoolUnusable: boolean;
  /** Files of the spool that can't be read and are set aside. */
  readonly spoolDamagedFiles: number;
  readonly dedupeIds?: number;
  /** False while a worker cannot read or write the dedupe window. */
  readonly dedupeUsable?: boolean;
  /** With Redis: false while a worker cannot use it; and how many events were published meanwhile, since the start. */
  readonly dedupeStoreUsable?: boolean;
  readonly dedupeDegradedEvents?: number;
}

export interface EndpointStatus {
  readonly name: string;
  readonly path: string;
  readonly provider: string;
  readonly secrets: readonly {
    readonly name: string;
    readonly notBefore?: string;
    readonly expires?: string;
    /** Absent: not since the start. */
    readonly lastUsed?: string;
  }[];
  /** Outcome → requests since the start. */
  readonly deliveries: { readonly [outcome: string]: number };
  /** What the endpoint expects, as `expect` has it. */
  readonly expected?: readonly ExpectedStatus[];
  /** Events whose id was known with other content, since the start: published, or taken for repetitions. */
  readonly reusedIds: { readonly published: number; readonly duplicate: number };
}

export interface ExpectedStatus {
  /** Patterns of their types, with commas. */
  readonly events: string;
  /** When the last one came; where none has come, since when they are expected. */
  readonly last: string;
  /** After how many seconds without one they are overdue. Absent while that is being learned. */
  readonly limitSeconds?: number;
  readonly overdue: boolean;
}

export interface LaneReport {
  readonly topic: string;
  readonly open: boolean;
  /** That wait on disk. */
  readonly records: number;
  readonly bytes: number;
  readonly oldestSeconds: number;
  /** Refused by Kafka for good. */
  readonly parked: number;
}

type About = Pick<Status, 'version' | 'pid' | 'startedAt' | 'ready' | 'workers' | 'config'>;

/** Puts together what is known of the configuration and what was measured. */
export function makeStatus(settings: GatewaySettings, readings: readonly Reading[], about: About): Status {
  const of = (metric: MetricName) => readings.filter((reading) => reading.metric === metric);
  const value = (metric: MetricName) => of(metric)[0]?.value;
  const ofTopic = (metric: MetricName, topic: string | undefined) =>
    of(metric).find(({ labels }) => labels.topic === topic)?.value ?? 0;
  const reused = (endpoint: string, outcome: string) =>
    of('gateway_event_id_reused_total').find(({ labels }) => labels.endpoint === endpoint && labels.outcome === outcome)
      ?.value ?? 0;
  const expected = (endpoint: string, events: string): readonly ExpectedStatus[] => {
    const [last, limit, overdue] = expectedMetrics.map(
      (metric) => of(metric).find(({ labels }) => labels.endpoint === endpoint && labels.events === events)?.value,
    );
    if (last === undefined) return [];
    const after = limit === undefined ? {} : { limitSeconds: limit };
    return [{ events, last: toTime(last * 1000), ...after, overdue: overdue === 1 }];
  };
  const queued = value('gateway_queue_records');
  const dedupeIds = value('gateway_dedupe_ids');
  const storeUsable = value('gateway_dedupe_store_usable');
  return {
    ...about,
    connected: value('gateway_kafka_connected') === 1,
    inFlight: value('gateway_in_flight') ?? 0,
    endpoints: settings.endpoints.map((endpoint) => ({
      name: endpoint.name,
      path: endpoint.path,
      provider: endpoint.provider.name,
      secrets: endpoint.secrets.map(({ name, notBefore, expires }) => {
        const used = of('gateway_secret_last_used_timestamp_seconds').find(
          ({ labels }) => labels.endpoint === endpoint.name && labels.secret === name,
        );
        return {
          name,
          ...(notBefore !== undefined && { notBefore: toTime(notBefore) }),
          ...(expires !== undefined && { expires: toTime(expires) }),
          ...(used && { lastUsed: toTime(used.value * 1000) }),
        };
      }),
      deliveries: Object.fromEntries(
        of('gateway_deliveries_total')
          .filter(({ labels }) => labels.endpoint === endpoint.name)
          .map(({ labels, value: count }) => [labels.outcome ?? '', count]),
      ),
      ...(endpoint.expect && { expected: endpoint.expect.flatMap(({ events }) => expected(endpoint.name, events)) }),
      reusedIds: { published: reused(endpoint.name, 'published'), duplicate: reused(endpoint.name, 'duplicate') },
    })),
    ...(queued !== undefined && { queue: { records: queued, bytes: value('gateway_queue_bytes') ?? 0 } }),
    lanes: of('gateway_lane_open').map(({ labels: { topic = '' }, value: open }) => ({
      topic,
      open: open === 1,
      records: ofTopic('gateway_spool_records', topic),
      bytes: ofTopic('gateway_spool_bytes', topic),
      oldestSeconds: Math.round(ofTopic('gateway_spool_oldest_seconds', topic)),
      parked: ofTopic('gateway_parked_records', topic),
    })),
    spoolFull: value('gateway_spool_full') === 1,
    spoolUnusable: value('gateway_spool_unusable') === 1,
    spoolDamagedFiles: value('gateway_spool_damaged_files') ?? 0,
    ...(dedupeIds !== undefined && { dedupeIds, dedupeUsable: value('gateway_dedupe_usable') === 1 }),
    ...(storeUsable !== undefined && {
      dedupeStoreUsable: storeUsable === 1,
      dedupeDegradedEvents: value('gateway_dedupe_degraded_events_total') ?? 0,
    }),
  };
}

const expectedMetrics = [
  'gateway_expected_events_last_timestamp_seconds',
  'gateway_expected_events_limit_seconds',
  'gateway_expected_events_overdue',
] as const;

function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
