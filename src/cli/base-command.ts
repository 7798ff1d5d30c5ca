import { type ExitReason, exitCodes, toFailure } from '../exit.js';
import { escapeJson, printableColoured, printableLines } from '../util/printable.js';
import { Command } from './oclif.js';
import { hasColours, paintOutcomes } from './terminal.js';
import { announceConfig } from './which-config.js';

/**
 * What every command shares: nothing that a terminal obeys is printed; `--json`, and one place where errors become a message and an exit code. With `--json`,
 * stdout carries JSON whatever happens: run()'s value, or `{ "error": { reason, message, exitCode, … } }`.
 */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  /** What nobody catches ends in the same way. */
  protected override async init(): Promise<void> {
    await super.init();
    announceConfig((line) => {
      if (!this.jsonEnabled()) this.logToStderr(line);
    });
    process.once('uncaughtException', (error: unknown) => {
      void this.catch(error).finally(() => process.exit());
    });
  }

  override async catch(error: unknown): Promise<void> {
    const { reason, message, details } = toFailure(error);
    process.exitCode = exitCodes[reason];
    if (this.jsonEnabled()) this.logJson({ error: { reason, message, exitCode: exitCodes[reason], ...details } });
    else {
      // Only what is wrong with a configuration or a plugin is shown in colours.
      const shown = reason === 'config' ? printableColoured(message) : printableLines(message);
      process.stderr.write(`${reason === 'bug' ? 'This is a bug. ' : ''}${shown}\n`);
    }
  }

  override log(message = ''): void {
    super.log(printableLines(message));
  }

  /** Prints an answer: the same as `log`, with outcome words in colours where the terminal shows them. */
  protected show(message: string): void {
    const text = printableLines(message);
    super.log(hasColours() ? paintOutcomes(text) : text);
  }

  /**
   * Ends an answer with what one would type next; without any, with nothing. `config`: what `--config` was given, which those
   * commands need, too.
   */
  protected next(commands: readonly string[], config?: string): void {
    const given = config === undefined ? '' : ` --config ${config}`;
    const lines = commands.map((each, index) => `${index === 0 ? 'Next:' : '     '}  ${each}${given}`);
    if (lines.length > 0) this.log(`\n${lines.join('\n')}`);
  }

  /** The same below a table or a stream of lines, on a terminal alone: what reads a pipe expects rows. */
  protected nextOnTerminal(commands: readonly string[], config?: string): void {
    if (process.stdout.isTTY) this.next(commands, config);
  }

  override logToStderr(message = ''): void {
    super.logToStderr(printableLines(message));
  }

  override logJson(json: unknown): void {
    process.stdout.write(`${escapeJson(JSON.stringify(json, undefined, 2))}\n`);
  }

  /** Ends with this exit code after run() has returned its value. */
  protected endWith(reason: ExitReason): void {
    process.exitCode = exitCodes[reason];
  }
}
