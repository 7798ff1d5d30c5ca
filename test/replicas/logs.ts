import { readTopics } from '../../src/publish/read.js';
import type { Found } from './judge.js';
import { topic } from './read.js';

/** Records of embedded logs, of a replica each. Places are not told apart: each log counts by itself. */
export async function readLogs(folders: readonly string[]): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const dir of folders) {
    const options = { from: 'beginning', until: 'end' } as const;
    for await (const { headers } of readTopics({ kind: 'embedded', dir }, [topic], options)) {
      found.push({ event: headers.ce_id ?? '', place: '', local: headers.ce_deduped !== undefined });
    }
  }
  return found;
}
