import cluster from 'node:cluster';
import { BaseCommand } from '../base-command.js';
import { aborted, awaitInterruption } from '../interruption.js';
import { Flags } from '../oclif.js';
import { loadSound } from '../settings.js';
import { configArgument, configToRunFlag, whichConfigToRun } from '../which-config.js';

export default class Start extends BaseCommand {
  static override summary = 'Run the gateway.';
  static override description =
    'The configuration is checked first: with a fault in it nothing starts, and the exit code is 3. SIGTERM or SIGINT lets ' +
    'requests in flight finish, then ends with exit code 0; a second one ends at once, with 130. SIGHUP loads the ' +
    'configuration again; with a fault in it, the old one stays. With --json, stdout has one line that says where it ' +
    'listens, and the log goes to stderr.';
  static override examples = ['<%= config.bin %> start', '<%= config.bin %> start config/gateway.yaml'];
  static override args = { file: configArgument };
  static override flags = {
    config: configToRunFlag,
    watch: Flags.boolean({ description: 'Reload when a file changes that the configuration is read from.' }),
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Start);
    const stream = this.jsonEnabled() ? process.stderr : undefined;
    if (cluster.isWorker) {
      const { runWorker } = await import('../../server/workers/worker.js');
      return runWorker(stream);
    }
    const config = await loadSound(whichConfigToRun(args.file ?? flags.config), { warn: true });
    const { file, log: logging } = config.settings;
    const interrupted = awaitInterruption();
    const [{ createLog }, { serve }] = await Promise.all([
      import('../../server/telemetry/log.js'),
      import('../../server/workers/serve.js'),
    ]);
    const log = createLog(logging.level, stream);
    const { url, adminUrl, close } = await serve(config, { log, watch: flags.watch }).catch(async (error: unknown) => {
      const { explainListening } = await import('../listening.js');
      throw await explainListening(error, config);
    });
    if (this.jsonEnabled())
      process.stdout.write(`${JSON.stringify({ url, adminUrl, pid: process.pid, config: file })}\n`);
    await aborted(interrupted);
    await close();
  }
}
