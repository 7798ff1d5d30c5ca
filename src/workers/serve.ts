import { availableParallelism } from 'node:os';
import type { Endpoint } from '../model.js';
import { realFiles } from '../publish/disk/files.js';
import { Silence } from '../silence/silence.js';
import type { Log } from '../telemetry/log.js';
import { createOperator, type Serving } from './operator.js';
import { createReloader, type SoundConfig } from './reload.js';
import { watchSilence } from './watch-silence.js';

export interface ServeOptions {
  readonly log: Log;
  /** Reloads when a file of the configuration changes. */
  readonly watch?: boolean;
  /** For development: in this process, whatever the configuration says of workers, and stopped without `server.shutdownDelay`. */
  readonly alone?: boolean;
}

/** Runs a configuration in this process or in workers; SIGHUP and `POST /reload` reload it from now on. */
export async function serve(
  config: SoundConfig,
  { log, watch = false, alone = false }: ServeOptions,
): Promise<Serving> {
  const { settings } = config;
  const reloader = createReloader(config, log);
  let serving: Serving | undefined;
  const silence = await Silence.open({
    ...{ folder: settings.dedupe?.dir, files: realFiles, log: log.write, now: Date.now },
  });
  const operator = createOperator({ reloader, file: settings.file, log, silence }, () => serving);
  // Without a listener the signal would end the process; one that comes too early has nothing to reload.
  process.on('SIGHUP', () => void (serving && reloader.reload(serving.reload)));
  const size = settings.workers === 'auto' ? availableParallelism() : settings.workers;
  if (size > 1 && !alone) {
    const { startPrimary } = await import('./primary.js');
    serving = await startPrimary(config, { workers: size, log, operator });
  } else {
    serving = await serveAlone(config, log, operator, alone);
  }
  serving = withSilence(serving, silence, () => reloader.settings().endpoints, log);
  if (!watch) return serving;
  const { watchFiles } = await import('./watch.js');
  const { reload, close } = serving;
  const stop = watchFiles(config.snapshot, async () => {
    await reloader.reload(reload);
    return reloader.files();
  });
  return {
    ...serving,
    close() {
      stop();
      return close();
    },
  };
}

function withSilence(serving: Serving, silence: Silence, endpoints: () => readonly Endpoint[], log: Log): Serving {
  const stop = watchSilence(silence, { endpoints, readings: serving.readings, log });
  return {
    ...serving,
    async close() {
      await stop();
      await serving.close();
    },
  };
}

async function serveAlone(
  { settings }: SoundConfig,
  log: Log,
  operator: ReturnType<typeof createOperator>,
  atOnce: boolean,
): Promise<Serving> {
  const { startGateway } = await import('../gateway.js');
  const { reload, readings, unready, close, ...gateway } = await startGateway(settings, { log, operator });
  let { shutdownDelay } = settings;
  return {
    ...gateway,
    reload(next) {
      ({ shutdownDelay } = next.settings);
      reload(next.settings);
    },
    readings: async () => readings(),
    workers: () => ({ ready: Number(unready() === undefined), of: 1 }),
    close: () => close(atOnce ? 0 : shutdownDelay),
  };
}
