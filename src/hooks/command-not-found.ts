import type { Hook } from '@oclif/core/hooks';
import { didYouMean } from '../cli/did-you-mean.js';
import { exitCodes } from '../cli/failure.js';
import { escapeJson, printableLines } from '../printable.js';

/** What is no command ends like a command with a wrong flag: a message with a hint, or JSON, and the exit code for usage. */
const commandNotFound: Hook.CommandNotFound = async ({ id, argv = [], config }) => {
  const name = id.replaceAll(':', ' ');
  const known = config.commandIDs.map((each) => each.replaceAll(':', ' '));
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
