import type { Placement, Spooled } from '../../core/model.js';
import { Chain } from './chain.js';
import {
  formerFormat,
  hashTopic,
  kinds,
  readKey,
  readKind,
  readPlacement,
  readTime,
  readTopic,
  type Time,
} from './entry.js';
import type { Folder } from './folder.js';
import { formerKey } from './keys.js';
import { Table } from './table.js';

const name = 'window';
const topicsFile = 'topics';

/** What a gateway remembered that knew an event by endpoint and id alone, until it is past the window. It is only read. */
export interface FormerWindow {
  /** Where an event of this id lies, whatever its type and content. */
  find(endpoint: string, id: string): Placement | Spooled | undefined;
  /** The last time that it has. */
  readonly last: Time | undefined;
  count(): number;
  /** Deletes files that are past the window. False: none is left. */
  prune(isPast: (begun: number) => boolean): boolean;
  close(): Promise<void>;
}

/** Undefined where the folder has no such files. */
export async function openFormerWindow(
  folder: Folder,
  onDamage: (fields: { readonly [field: string]: unknown }) => void,
): Promise<FormerWindow | undefined> {
  if (!folder.list().some((file) => file.startsWith(`${name}-`))) return undefined;
  const names = readTopics(folder);
  const tables = new Map<number, { readonly table: Table; begun: number | undefined; count: number }>();
  let last: Time | undefined;
  const chain = await Chain.open({
    folder,
    name,
    format: formerFormat,
    follow: undefined,
    onTurn: () => undefined,
    onDamage,
    visit({ number, position, from, at }) {
      const file = tables.get(number) ?? { table: new Table(), begun: undefined, count: 0 };
      tables.set(number, file);
      if (readKind(from, at) === kinds.event) {
        file.table.add(readKey(from, at), '', position);
        file.count++;
      }
      if (readKind(from, at) !== kinds.time) return;
      last = readTime(from, at);
      file.begun ??= last.age;
    },
  });

  function find(endpoint: string, id: string): Placement | Spooled | undefined {
    const key = formerKey(endpoint, id);
    for (const [number, { table }] of tables) {
      for (const position of table.findId(key)) {
        const entry = chain.read(number, position);
        if (entry === undefined || !formerFormat.isEntry(entry, 0) || readKey(entry, 0) !== key) continue;
        return readPlacement(entry, formerFormat.placementAt, names.get(readTopic(entry, 0)) ?? '(unknown)');
      }
    }
    return undefined;
  }

  function prune(isPast: (begun: number) => boolean): boolean {
    for (const number of chain.numbers) {
      const begun = tables.get(number)?.begun;
      if (begun !== undefined && !isPast(begun)) continue;
      tables.delete(number);
      chain.drop(number);
    }
    if (chain.numbers.length === 0) folder.remove(topicsFile);
    return chain.numbers.length > 0;
  }

  return {
    find,
    prune,
    close: () => chain.close(),
    get last() {
      return last;
    },
    count: () => [...tables.values()].reduce((sum, { count }) => sum + count, 0),
  };
}

/** A line for each name. */
function readTopics(folder: Folder): ReadonlyMap<number, string> {
  if (!folder.list().includes(topicsFile)) return new Map();
  const file = folder.open(topicsFile);
  try {
    const chunks: Buffer[] = [];
    for (let position = 0; ; ) {
      const chunk = Buffer.alloc(16 * 1024);
      const length = file.read(chunk, position);
      chunks.push(chunk.subarray(0, length));
      position += length;
      if (length < chunk.length) break;
    }
    const lines = Buffer.concat(chunks).toString().split('\n');
    return new Map(lines.map((line) => [hashTopic(line), line]));
  } finally {
    file.close();
  }
}
