import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { BaseCommand } from '../cli/base-command.js';
import { aborted, awaitInterruption } from '../cli/interruption.js';
import { loadSound } from '../cli/settings.js';
import { configArgument, whichConfigToRun } from '../cli/which-config.js';
import type { Log } from '../telemetry/log.js';
import type { SoundConfig } from '../workers/reload.js';

export default class Start extends BaseCommand {
  static override summary = 'Run the gateway.';
  static override description =
    'The configuration is checked first: with a fault in it nothing starts, and the exit code is 3. SIGTERM or SIGINT lets ' +
    'requests in flight finish, then ends with exit code 0; a second one ends at once, with 130. SIGHUP loads the ' +
    'configuration again; with a fault in it, the old one stays. With --json, stdout has one line that says where it ' +
    'listens, and the log goes to stderr.';
  static override examples = ['<%= config.bin %> start', '<%= config.bin %> start config/gateway.yaml'];
  static override args = { file: configArgument };

  override async run(): Promise<void> {
    const { args } = await this.parse(Start);
    const stream = this.jsonEnabled() ? process.stderr : undefined;
    if (cluster.isWorker) {
      const { runWorker } = await import('../workers/worker.js');
      return runWorker(stream);
    }
    const config = await loadSound(whichConfigToRun(args.file), { warn: true });
    const { file, log: logging } = config.settings;
    const interrupted = awaitInterruption();
    const { createLog } = await import('../telemetry/log.js');
    const { url, adminUrl, close } = await serve(config, createLog(logging.level, stream));
    if (this.jsonEnabled())
      process.stdout.write(`${JSON.stringify({ url, adminUrl, pid: process.pid, config: file })}\n`);
    await aborted(interrupted);
    await close();
  }
}

interface Serving {
  readonly url: string;
  readonly adminUrl?: string;
  close(): Promise<void>;
}

/** In this process or in workers; SIGHUP reloads from now on. */
async function serve(config: SoundConfig, log: Log): Promise<Serving> {
  const { createReloader } = await import('../workers/reload.js');
  const reloader = createReloader(config, log);
  const about = () => ({ config: reloader.status() });
  // Without a listener the signal would end the process; one that comes too early has nothing to reload.
  let apply: ((config: SoundConfig) => unknown) | undefined;
  process.on('SIGHUP', () => void (apply && reloader.reload(apply)));
  const { workers } = config.settings;
  const size = workers === 'auto' ? availableParallelism() : workers;
  if (size > 1) {
    const { startPrimary } = await import('../workers/primary.js');
    const primary = await startPrimary(config, { workers: size, log, about });
    apply = primary.reload;
    return primary;
  }
  const { startGateway } = await import('../gateway.js');
  const gateway = await startGateway(config.settings, { log, about });
  apply = ({ settings }) => gateway.reload(settings);
  return gateway;
}
