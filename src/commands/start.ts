import { BaseCommand } from '../cli/base-command.js';
import { aborted, awaitInterruption } from '../cli/interruption.js';
import { loadSettings } from '../cli/settings.js';
import { configArgument, whichConfigToRun } from '../cli/which-config.js';

export default class Start extends BaseCommand {
  static override summary = 'Run the gateway.';
  static override description =
    'The configuration is checked first: with a fault in it nothing starts, and the exit code is 3. SIGTERM or SIGINT lets ' +
    'requests in flight finish, then ends with exit code 0; a second one ends at once. With --json, stdout has one line ' +
    'that says where it listens, and the log goes to stderr.';
  static override examples = ['<%= config.bin %> start', '<%= config.bin %> start config/gateway.yaml'];
  static override args = { file: configArgument };

  override async run(): Promise<void> {
    const { args } = await this.parse(Start);
    const settings = await loadSettings(whichConfigToRun(args.file), { warn: true });
    const interrupted = awaitInterruption();
    const [{ startGateway }, { createLog }] = await Promise.all([
      import('../gateway.js'),
      import('../telemetry/log.js'),
    ]);
    const log = createLog(settings.log.level, this.jsonEnabled() ? process.stderr : undefined);
    const { url, adminUrl, close } = await startGateway(settings, { log });
    if (this.jsonEnabled()) {
      process.stdout.write(`${JSON.stringify({ url, adminUrl, pid: process.pid, config: settings.file })}\n`);
    }
    await aborted(interrupted);
    await close();
  }
}
