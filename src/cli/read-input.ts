import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { Failure } from '../exit.js';
import { reasonOf, sayUnreadable } from '../util/read-fault.js';

/** The bytes of a file, or of stdin for `-`. Throws a usage Failure if it can't be read. */
export async function readInput(file: string): Promise<Buffer> {
  if (file === '-') return buffer(process.stdin);
  return readFile(file).catch((error: unknown) => {
    throw new Failure('usage', sayUnreadable(`file ${file}`, reasonOf(error)));
  });
}
