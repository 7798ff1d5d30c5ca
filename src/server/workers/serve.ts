import { availableParallelism } from 'node:os';
import type { LoadedConfig } from '../../config/load.js';
import type { Endpoint } from '../../core/model.js';
import { testify } from '../../inspector/questions.js';
import { Recorder } from '../../inspector/recorder.js';
import { realFiles } from '../../storage/disk/files.js';
import { Silence } from '../silence/silence.js';
import type { GatewayLog } from '../telemetry/log.js';
import { createOperator, type Serving } from './operator.js';
import { createReloader, type SoundConfig } from './reload.js';
import { watchSilence } from './watch-silence.js';

export interface ServeOptions {
  readonly log: GatewayLog;
  /** Reloads when a file of the configuration changes. */
  readonly watch?: boolean;
  /** For development: in this process, whatever the configuration says of workers, and stopped without `server.shutdownDelay`. */
  readonly alone?: boolean;
  /** How a reload loads the configuration; absent: from its file. */
  readonly load?: () => Promise<LoadedConfig>;
}

/** Runs a configuration in this process or in workers; SIGHUP and `POST /reload` reload it from now on. */
export async function serve(
  config: SoundConfig,
  { log, watch = false, alone = false, load }: ServeOptions,
): Promise<Serving> {
  const { settings } = config;
  const reloader = createReloader(config, log, (loaded) => keep(loaded, log), load);
  let serving: Serving | undefined;
  const silence = await Silence.open({
    folder: settings.dedupe?.dir,
    files: realFiles,
    log: log.write,
    now: Date.now,
  });
  const inspector = settings.admin?.inspector ?? alone;
  const operator = createOperator({ reloader, file: settings.file, log, silence, inspector }, () => serving);
  // Without a listener the signal would end the process; one that comes too early has nothing to reload.
  process.on('SIGHUP', () => void (serving && reloader.reload(serving.reload)));
  const size = settings.workers === 'auto' ? availableParallelism() : settings.workers;
  if (size > 1 && !alone) {
    const { startPrimary } = await import('./primary.js');
    serving = await startPrimary(config, { workers: size, log, operator });
  } else {
    serving = await serveAlone(config, operator, { log, alone });
  }
  serving = withSilence(serving, silence, () => reloader.settings().endpoints, log);
  void keep(config, log);
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

function withSilence(
  serving: Serving,
  silence: Silence,
  endpoints: () => readonly Endpoint[],
  log: GatewayLog,
): Serving {
  const stop = watchSilence(silence, { endpoints, readings: serving.readings, log });
  return {
    ...serving,
    async close() {
      await stop();
      await serving.close();
    },
  };
}

/** For `gateway config history`. What can't be kept stops nothing. */
async function keep(config: SoundConfig, log: GatewayLog): Promise<void> {
  const { keepConfig } = await import('../../config/history.js');
  await keepConfig(config).catch(({ code, message }: NodeJS.ErrnoException) => {
    log.write('warn', 'the configuration is not kept for gateway config history', { reason: code ?? message });
  });
}

async function serveAlone(
  { settings }: SoundConfig,
  operator: ReturnType<typeof createOperator>,
  { log, alone }: Omit<ServeOptions, 'watch'>,
): Promise<Serving> {
  const { startGateway } = await import('../../gateway.js');
  const recorder = settings.admin === undefined ? undefined : new Recorder();
  const observe = recorder?.note.bind(recorder);
  const { reload, readings, unready, lookUp, close, ...gateway } = await startGateway(settings, {
    log,
    operator,
    observe,
  });
  let { shutdownDelay } = settings;
  return {
    ...gateway,
    reload(next) {
      ({ shutdownDelay } = next.settings);
      reload(next.settings);
    },
    readings: async () => readings(),
    ask: async (question) => (recorder === undefined ? [] : [testify({ recorder, lookUp }, question(0))]),
    workers: () => ({ ready: Number(unready() === undefined), of: 1 }),
    close: () => close(alone ? 0 : shutdownDelay),
  };
}
