import type { Folder, SharedLogFile } from '../../../../src/storage/dedupe/folder.js';

/** A folder on a disk that has so many bytes left; what doesn't fit is written in part. */
export class Quota implements Folder {
  left = Number.POSITIVE_INFINITY;
  readonly #folder: Folder;

  constructor(folder: Folder) {
    this.#folder = folder;
  }

  list = () => this.#folder.list();
  remove = (name: string) => this.#folder.remove(name);
  sync = () => this.#folder.sync();

  open(name: string): SharedLogFile {
    const file = this.#folder.open(name);
    const appendNow = (bytes: Buffer) => {
      const fitting = Math.min(bytes.length, this.left);
      this.left -= fitting;
      file.appendNow(bytes.subarray(0, fitting));
      if (fitting < bytes.length) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    };
    return { ...file, appendNow, append: async (bytes) => appendNow(bytes) };
  }
}
