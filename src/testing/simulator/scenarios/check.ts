import type { StoredRecord } from '../../../publish/read.js';
import { type ExpectedRecord, nameOf } from './expected.js';

/** What was found of the expected records. */
export interface Checked {
  readonly expected: number;
  readonly found: number;
  /** Each: no record. */
  readonly missing: readonly ExpectedRecord[];
  /** Each: more than one record, or not under the expected topic and key. */
  readonly twice: readonly ExpectedRecord[];
  readonly misplaced: readonly ExpectedRecord[];
  /** It lies before a record of its key that had its 2xx before this one was sent. */
  readonly outOfOrder: readonly ExpectedRecord[];
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string | null;
}

/** Holds what is in the topics against what must be there. */
export async function checkRecords(
  expected: readonly ExpectedRecord[],
  records: AsyncIterable<StoredRecord>,
): Promise<Checked> {
  const wanted = new Set(expected.map(nameOf));
  const found = new Map<string, Place[]>();
  for await (const { topic, partition, offset, key, headers } of records) {
    const { ce_source: source = '', ce_id: id = '', ce_type: type = '', ce_digest: digest = '' } = headers;
    const name = [nameOf({ source, id, type, digest }), nameOf({ source, id, type })].find((each) => wanted.has(each));
    if (name === undefined) continue;
    const places = found.get(name) ?? [];
    places.push({ topic, partition, offset, key });
    found.set(name, places);
  }
  const placesOf = (record: ExpectedRecord) => found.get(nameOf(record)) ?? [];
  return {
    expected: expected.length,
    found: found.size,
    missing: expected.filter((record) => placesOf(record).length === 0),
    twice: expected.filter((record) => placesOf(record).length > 1),
    misplaced: expected.filter((record) =>
      placesOf(record).some(({ topic, key }) => topic !== record.topic || key !== record.key),
    ),
    outOfOrder: findInversions(expected, placesOf),
  };
}

/** Within a key and a partition; of a record that is there twice, the first one counts. */
function findInversions(
  expected: readonly ExpectedRecord[],
  placesOf: (record: ExpectedRecord) => readonly Place[],
): readonly ExpectedRecord[] {
  const groups = new Map<string, { readonly record: ExpectedRecord; readonly offset: bigint }[]>();
  for (const record of expected) {
    const [place] = placesOf(record);
    if (place === undefined) continue;
    const name = JSON.stringify([place.topic, place.partition, record.key]);
    const group = groups.get(name) ?? [];
    group.push({ record, offset: place.offset });
    groups.set(name, group);
  }
  return [...groups.values()].flatMap((group) => {
    const answered = group.toSorted((one, other) => one.record.answeredAt - other.record.answeredAt);
    let next = 0;
    let highest = -1n;
    return group
      .toSorted((one, other) => one.record.startedAt - other.record.startedAt)
      .filter(({ record, offset }) => {
        for (let before = answered[next]; before !== undefined && before.record.answeredAt < record.startedAt; ) {
          if (before.offset > highest) highest = before.offset;
          before = answered[++next];
        }
        return offset < highest;
      })
      .map(({ record }) => record);
  });
}
