import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const gateway = join(root, 'bin/run.js');
export const plugins = join(root, 'plugins');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  /** Without the line that says which configuration was taken: see `Cli.configuration`. */
  readonly stderr: string;
}

const configurationLine = /^configuration: (.*)\n/m;

const running = new Map<ChildProcess, string>();

/** Ends what tests have left running, which would keep mocha from its end; says what it was. */
export function endLeft(): string[] {
  for (const child of running.keys()) child.kill('SIGKILL');
  return [...running.values()];
}

/** The built command line as a process in `cwd`. */
export class Cli {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #stdout = '';
  #stderr = '';
  #hasClosed = false;
  #changed = (): void => undefined;

  /** `prefix`: a command that runs the command line, with its arguments. `program`: another one than that of this project. */
  constructor(
    cwd: string,
    args: readonly string[],
    env: { readonly [name: string]: string } = {},
    prefix: readonly string[] = [],
    program = gateway,
  ) {
    const { GATEWAY_CONFIG: _, ...inherited } = process.env;
    const [command = '', ...all] = [...prefix, process.execPath, program, ...args];
    this.#child = spawn(command, all, { cwd, env: { ...inherited, NO_COLOR: '1', ...env } });
    running.set(this.#child, `gateway ${args.join(' ')}`);
    this.#closed = once(this.#child, 'close').then(() => {
      running.delete(this.#child);
      this.#hasClosed = true;
      this.#changed();
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#changed();
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#changed();
    });
  }

  /** What stderr said so far is not looked at again. */
  forget(): void {
    this.#stderr = '';
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** What stdout says once it matches; throws if the process ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#until(() => pattern.exec(this.#stdout));
  }

  /** The same of stderr. */
  logs(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#until(() => pattern.exec(this.#stderr));
  }

  async #until(look: () => RegExpExecArray | null): Promise<RegExpExecArray> {
    for (;;) {
      const match = look();
      if (match) return match;
      if (this.#hasClosed) throw new Error(`ended with ${this.#child.exitCode}:\n${this.#stdout}${this.#stderr}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  closeStdout(): void {
    this.#child.stdout?.destroy();
  }

  async ended(): Promise<Ended> {
    await this.#closed;
    return { code: this.#child.exitCode, stdout: this.#stdout, stderr: this.#stderr.replace(configurationLine, '') };
  }

  /** Which configuration it says that it has taken. */
  get configuration(): string | undefined {
    return configurationLine.exec(this.#stderr)?.[1];
  }
}

/** A directory of its own with the files in it, given by relative path. */
export function makeDirectory(files: { readonly [path: string]: string }): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'gateway-e2e-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A configuration with the embedded log and the Stripe plugin; port 0 takes a free one. */
export function embeddedConfig(listen = '127.0.0.1:0'): string {
  return `version: 1
server: { listen: "${listen}", shutdownDelay: 0s, drain: 5s }
plugins: ${plugins}
embedded: { dir: ../data/log }
deadLetter: { topic: webhooks.dlq }
endpoints:
  - provider: stripe
    path: /webhooks/stripe
    secrets: [{ name: current, file: ../data/stripe.secret }]
`;
}
