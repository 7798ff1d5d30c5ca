import type { AppendFile, Files } from '../disk/files.js';
import type { Keeper } from '../disk/keeper.js';
import type { Segment } from '../disk/segment.js';

const chunk = 4 * 1024 * 1024;

/** Writes a file again that lost its name, byte by byte from the open one. What has its name now is set aside. */
export async function restoreSegment(files: Files, segment: Segment, keeper: Keeper): Promise<void> {
  const { path, file: lost, length } = segment;
  if ((await files.size(path)) > 0) await keeper.setAside(path, 0, 'a file was put in the place of one in use');
  else await files.remove(path);
  const file = await files.create(path);
  try {
    await copy(lost, file, length);
    await file.sync();
  } catch (error) {
    await file.close().catch(() => undefined);
    await files.remove(path).catch(() => undefined);
    throw error;
  }
  segment.file = file;
  await lost.close().catch(() => undefined);
}

async function copy(from: AppendFile, to: AppendFile, length: number): Promise<void> {
  for (let offset = 0; offset < length; ) {
    const bytes = await from.read(offset, Math.min(chunk, length - offset));
    if (bytes.length === 0) return;
    await to.write([bytes]);
    offset += bytes.length;
  }
}
