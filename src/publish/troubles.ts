import type { PublishError } from '../model.js';

/** What was said last, of a topic or of the connection: a trouble is one line of the log, however long it lasts. */
export class Troubles {
  readonly #reasons = new Map<string, string>();

  /** How loud to say it. */
  levelOf(about: string, { reason }: PublishError): 'debug' | 'warn' {
    const known = this.#reasons.get(about) === reason;
    this.#reasons.set(about, reason);
    return known ? 'debug' : 'warn';
  }

  end(about: string): void {
    this.#reasons.delete(about);
  }
}

/** What is no name of a topic. */
export const connection = '';
