import { createInterface } from 'node:readline/promises';

/** True where a person can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** Asks on stderr, one question after the other; an empty answer is the default. */
export async function ask(
  questions: readonly { readonly text: string; readonly fallback: string }[],
): Promise<readonly string[]> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answers: string[] = [];
  try {
    for (const { text, fallback } of questions) {
      const answer = (await terminal.question(`${text}${fallback === '' ? '' : ` [${fallback}]`} `)).trim();
      answers.push(answer === '' ? fallback : answer);
    }
  } finally {
    terminal.close();
  }
  return answers;
}
