import type { Hook } from '@oclif/core/hooks';
import { exitCodes } from '../../exit.js';
import { escapeJson, printableLines } from '../../util/printable.js';
import { didYouMean } from '../did-you-mean.js';
import { translate } from '../other-words.js';

/**
 * A word that other tools have for one of our commands runs that command. What is not a command ends like a command with a wrong flag: a
 * message with a hint, or JSON, and the exit code for usage.
 */
const commandNotFound: Hook.CommandNotFound = async ({ id, argv = [], config }) => {
  const known = config.commandIDs.map((each) => each.replaceAll(':', ' '));
  const meant = translate(process.argv.slice(2), known);
  if (meant !== undefined) {
    if (process.stderr.isTTY)
      process.stderr.write(`${config.bin} ${meant.word} is ${config.bin} ${meant.command} here\n`);
    await config.runCommand(meant.command.replaceAll(' ', ':'), [...meant.args]);
    return;
  }
  const name = id.replaceAll(':', ' ');
  const hint = (await didYouMean(name, known)) ?? `see ${config.bin} --help`;
  const message = `There is no command "${name}": ${hint}`;
  const exitCode = exitCodes.usage;
  if (argv.includes('--json')) {
    process.stdout.write(`${escapeJson(JSON.stringify({ error: { reason: 'usage', message, exitCode } }, null, 2))}\n`);
  } else {
    process.stderr.write(`${printableLines(message)}\n`);
  }
  process.exitCode = exitCode;
};

export default commandNotFound;
