import { execFile } from 'node:child_process';
import { readAnswer } from './answer.js';
import { longestToken, noToken, type Token, toToken } from './token.js';

/** Milliseconds. */
const patience = 10_000;

/**
 * Runs a command that prints a token, or JSON with one, without a shell and with nothing on its standard input. Rejects with a
 * `PublishError`, in at most `wait` milliseconds.
 */
export async function runTokenCommand(
  [program = '', ...args]: readonly string[],
  dir: string,
  now: () => number,
  wait = patience,
): Promise<Token> {
  const name = `the command ${program}`;
  const printed = await run(program, args, dir, wait);
  const { token, lifetime } = printed.trimStart().startsWith('{') ? readAnswer(printed, name) : { token: printed };
  return toToken(token, `what ${name} printed`, now(), lifetime);
}

function run(program: string, args: readonly string[], cwd: string, timeout: number): Promise<string> {
  const options = { cwd, timeout, killSignal: 'SIGKILL', maxBuffer: longestToken + 1024, encoding: 'utf8' } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(noToken(`the command ${program} ${explain(error, stderr, timeout)}: see kafka.sasl.command`));
    });
    // A command that has ended does not read it.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end();
  });
}

function explain(error: NodeJS.ErrnoException | Error, stderr: string, timeout: number): string {
  const { code, killed, signal } = { code: undefined, killed: false, signal: undefined, ...error };
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'printed more than a token';
  if (typeof code === 'string') return `cannot be run (${code})`;
  if (killed) return `did not end within ${timeout / 1000} s`;
  const how = code === undefined ? `was ended by ${String(signal)}` : `failed with exit code ${String(code)}`;
  const said = stderr.trim().split('\n').at(-1) ?? '';
  return said === '' ? how : `${how} and said: ${withoutTokens(said).slice(0, 200)}`;
}

/** Parts of a JWT are such long words, and most keys. */
function withoutTokens(text: string): string {
  return text.replace(/[A-Za-z0-9_+=-]{20,}/g, '[redacted]').replace(/[^\x20-\x7e]/g, ' ');
}
