import { Failure } from '../../exit.js';
import type { ReloadResult } from '../../server/workers/reload.js';
import { printableLines } from '../../util/printable.js';
import { adminFlags, askAdmin } from '../admin-client.js';
import { BaseCommand } from '../base-command.js';

export default class Reload extends BaseCommand {
  static override summary = 'Have the running gateway load its configuration again.';
  static override description =
    'Waits for the result. If the configuration has a fault, or a change that needs a restart, the gateway goes on with the old ' +
    'one; the faults are printed, and the exit code is 3.';
  static override examples = ['<%= config.bin %> reload', '<%= config.bin %> reload --url http://127.0.0.1:8001'];
  static override flags = adminFlags;

  override async run(): Promise<ReloadResult> {
    const { flags } = await this.parse(Reload);
    const result = await askAdmin(flags, 'POST', '/reload');
    if (!isResult(result)) throw new Failure('unreachable', 'That is not the admin server of a gateway');
    const { reloaded, before, after, reason, report, diagnostics } = result;
    if (!reloaded) {
      throw new Failure('config', `${report}Not reloaded: ${reason}. The gateway goes on with ${after}`, {
        before,
        after,
        diagnostics,
      });
    }
    process.stderr.write(printableLines(report));
    this.log(
      before === after ? `Reloaded: ${after}, as before; secrets are not part of it` : `Reloaded: ${before} → ${after}`,
    );
    return result;
  }
}

function isResult(value: unknown): value is ReloadResult {
  return typeof value === 'object' && value !== null && 'reloaded' in value && 'report' in value;
}
