import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import type { Image } from './image.js';

/** Nobody's, where the tests may choose. */
const unprivileged = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** A process of an image: without rights, without a home, and with no environment but its own. */
export class Container {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #output = '';

  constructor(image: Image, [program = '', ...args]: readonly string[], env: { readonly [name: string]: string }) {
    const path = `${dirname(process.execPath)}:/usr/bin:/bin`;
    this.#child = spawn(program, args, {
      cwd: join(image.root, image.workdir),
      env: { PATH: path, HOME: '/nonexistent', ...image.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...unprivileged,
    });
    this.#closed = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
  }

  get output(): string {
    return this.#output;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves with the exit code; null if a signal ended it. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }
}
