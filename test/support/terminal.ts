import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';

/** What a program has printed by then. */
export interface Printed {
  /** Milliseconds since the start. */
  readonly at: number;
  readonly text: string;
}

const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** A program in a pseudo-terminal, by `script` of util-linux: it sees a terminal, prints in colours and reads keys. */
export class Terminal {
  readonly printed: Printed[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<unknown>;
  #hasClosed = false;
  #changed = (): void => undefined;

  constructor(script: string, command: readonly string[], { cwd, columns }: { cwd: string; columns: number }) {
    const { NO_COLOR: _, FORCE_COLOR: __, COLUMNS: ___, GATEWAY_CONFIG: ____, ...env } = process.env;
    const line = `stty cols ${columns} rows 40 -echo; exec ${command.map(quote).join(' ')}`;
    this.#child = spawn(script, ['--quiet', '--return', '--flush', '--command', line, '/dev/null'], {
      cwd,
      env: { ...env, TERM: 'xterm-256color', SHELL: '/bin/sh' },
    });
    const startedAt = performance.now();
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.printed.push({ at: performance.now() - startedAt, text });
      this.#changed();
    });
    this.#closed = once(this.#child, 'close').then(() => {
      this.#hasClosed = true;
      this.#changed();
    });
  }

  /** What was printed, without its colours. */
  get text(): string {
    return stripVTControlCharacters(this.printed.map(({ text }) => text).join(''));
  }

  /** Resolves once what was printed matches; rejects if the program ends before. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.text);
      if (match !== null) return match;
      if (this.#hasClosed) throw new Error(`it has ended:\n${this.text}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  press(keys: string): void {
    this.#child.stdin.write(keys);
  }

  async ended(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }

  /** Hangs up, as a window that is closed. */
  close(): void {
    if (!this.#hasClosed) this.#child.kill('SIGTERM');
  }
}
