import { readFile } from 'node:fs/promises';

/** The text of a file, or why it can't be read, as the system names it (`ENOENT`, `EACCES`, `EISDIR`). */
export async function readText(path: string): Promise<{ text: string } | { reason: string }> {
  try {
    return { text: await readFile(path, 'utf8') };
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') return { reason: error.code };
    throw error;
  }
}

/** A JSON file of this package. */
export async function readJson(path: string): Promise<object> {
  const value: unknown = JSON.parse(await readFile(path, 'utf8'));
  if (typeof value !== 'object' || value === null) throw new Error(`${path} is no JSON object`);
  return value;
}
