import { basename, dirname, join } from 'node:path';
import type { Log } from '../../util/log.js';
import type { Files } from './files.js';
import type { Damage } from './segment.js';

/** What is set aside has this in its name. */
const mark = '.damaged-';
const recoveredMark = '.recovered-';

export interface KeeperOptions {
  readonly files: Files;
  /** Milliseconds since the epoch. */
  readonly date: () => number;
  readonly log: Log;
}

/** Says what can't be read, and keeps it under another name: nothing that was promised is deleted for being damaged. */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #kept = new Set<string>();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** How many files are set aside. */
  get count(): number {
    return this.#kept.size;
  }

  /** Counts what was set aside before. */
  async look(folder: string): Promise<void> {
    for (const name of await this.#options.files.list(folder)) if (isSetAside(name)) this.#kept.add(join(folder, name));
  }

  forget(path: string): void {
    this.#kept.delete(path);
  }

  report({ file, offset, bytes, torn }: Damage): void {
    const { log } = this.#options;
    if (torn) log('warn', 'a write that nobody was told of is cut off, as a crash leaves it', { file, offset, bytes });
    else log('error', 'a part of a file is damaged; what is whole around it is used', { file, offset, bytes });
  }

  /** Files that were taken away are there again. */
  reportRestored(folder: string, files: number): void {
    const message =
      'files of the spool were deleted, moved or replaced while the gateway uses them; they are written again';
    this.#options.log('error', message, { folder, files });
  }

  readonly say: Log = (...said) => this.#options.log(...said);

  /** Gives the file a name that says what it is. `done`: frames up to this number were delivered. */
  async setAside(path: string, done: number, why: string): Promise<void> {
    const { files, log } = this.#options;
    const bytes = await files.size(path);
    const to = await this.#nameFor(path, done);
    await files.rename(path, to);
    this.#kept.add(to);
    log('error', `${why}: the file is set aside; see gateway spool recover`, { file: path, keptAs: to, bytes });
  }

  async #nameFor(path: string, done: number): Promise<string> {
    const { files, date } = this.#options;
    const names = new Set(await files.list(dirname(path)));
    const time = new Date(date()).toISOString().replaceAll(':', '-');
    for (let more = 0; ; more++) {
      const name = `${basename(path)}${mark}${time}-done${done}${more === 0 ? '' : `-${more}`}`;
      if (!names.has(name)) return join(dirname(path), name);
    }
  }
}

export function isSetAside(name: string): boolean {
  return name.includes(mark) && !name.includes(recoveredMark);
}

/** Frames up to this number of a file that is set aside were delivered before. */
export function doneOf(name: string): number {
  return Number(/-done(\d+)(?:-\d+)?$/.exec(name)?.[1] ?? 0);
}

/** What a file that was set aside was called before, and is called after what is whole of it was used. */
export function formerName(name: string): string {
  return name.slice(0, name.indexOf(mark));
}

export function recoveredName(path: string, date: number): string {
  return `${path}${recoveredMark}${new Date(date).toISOString().replaceAll(':', '-')}`;
}
