import type { Ask } from '../../inspector/ask.js';
import { addDeliveryRoutes } from '../../inspector/delivery-routes.js';
import { addEventRoutes } from '../../inspector/event-routes.js';
import { addInspectorRoutes } from '../../inspector/inspector-routes.js';
import { readVersion } from '../../util/version.js';
import type { AdminOptions } from '../http/admin.js';
import type { Silence } from '../silence/silence.js';
import type { GatewayLog } from '../telemetry/log.js';
import { formatReadings, mergeReadings, type Reading } from '../telemetry/metrics.js';
import { read } from '../telemetry/observe.js';
import { makeStatus, type Status } from '../telemetry/status.js';
import type { Reloader, SoundConfig } from './reload.js';

/** What runs, in one process or in several. */
export interface Serving {
  readonly url: string;
  readonly adminUrl?: string;
  /** Puts a configuration into effect. */
  reload(config: SoundConfig): unknown;
  readings(): Promise<readonly Reading[]>;
  /** What its processes know of deliveries. Without an admin server nobody notes them. */
  readonly ask: Ask;
  readonly workers: () => { readonly ready: number; readonly of: number };
  close(): Promise<void>;
}

interface OperatorOptions {
  readonly reloader: Reloader;
  /** Path of gateway.yaml. */
  readonly file: string;
  readonly log: GatewayLog;
  readonly silence: Silence;
  readonly inspector: boolean;
}

/** The operator's side of what runs: what the admin server says, beyond the log's level. `serving` is there once it has started. */
export function createOperator(
  { reloader, file, log, silence, inspector }: OperatorOptions,
  serving: () => Serving | undefined,
): Omit<AdminOptions, 'unready' | 'setLevel' | 'access'> {
  const startedAt = new Date(Date.now() - process.uptime() * 1000).toISOString();
  const version = readVersion();
  const workers = () => serving()?.workers() ?? { ready: 0, of: 0 };

  async function readings(): Promise<readonly Reading[]> {
    const { digest, loadedAt, lastError } = reloader.status();
    const measured = (await serving()?.readings()) ?? [];
    return mergeReadings([
      measured,
      silence.look(reloader.settings().endpoints, measured),
      [
        read('gateway_build_info', 1, { version }),
        read('gateway_workers_ready', workers().ready),
        read('gateway_config_info', 1, { digest }),
        read('gateway_config_loaded_timestamp_seconds', Date.parse(loadedAt) / 1000),
        read('gateway_reload_failed', Number(lastError !== undefined)),
      ],
    ]);
  }

  async function status(): Promise<Status> {
    const about = { version, pid: process.pid, startedAt, workers: workers() };
    const config = { file, ...reloader.status() };
    return makeStatus(reloader.settings(), await readings(), { ...about, ready: workers().ready > 0, config });
  }

  const ask: Ask = async (question) => (await serving()?.ask(question)) ?? [];

  return {
    log,
    extend(router, unready) {
      const stopping = () => unready() === 'stopping';
      const { settings, source } = reloader;
      addEventRoutes(router, ask);
      addDeliveryRoutes(router, { ask, settings, startedAt, stopping });
      if (inspector) addInspectorRoutes(router, { ask, settings, source, status, version, startedAt, log });
    },
    about: () => ({ ...(workers().of > 1 && { workers: workers() }), config: reloader.status() }),
    metrics: async () => formatReadings(await readings()),
    status,
    async reload() {
      const apply = serving()?.reload;
      return apply && reloader.reload(apply);
    },
  };
}
