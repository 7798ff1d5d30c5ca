/** A fault that is planted in the product's source, and what has to find it. */
export interface Mutant {
  readonly fault: string;
  readonly file: string;
  /** Stands once in the file. */
  readonly find: string;
  readonly replace: string;
  /** The schedules of the simulation, or the file of a test. */
  readonly proof: 'simulation' | `test/unit/${string}.test.ts`;
}

const spool = 'src/storage/spool';
const disk = 'src/storage/disk';

const safety: readonly Mutant[] = [
  {
    fault: 'skip the fsync of a spooled record',
    file: `${spool}/journal-files.ts`,
    find: 'await segment.file.sync();',
    replace: '',
    proof: 'simulation',
  },
  {
    fault: 'answer 200 before the disk has the record',
    file: `${spool}/appender.ts`,
    find: 'this.underWay.set(number, entry);',
    replace: 'this.underWay.set(number, entry); entry.answer?.resolve({ topic: this.#topic, spooled: true });',
    proof: 'simulation',
  },
  {
    fault: 'do not write the last record of a batch',
    file: `${spool}/journal-files.ts`,
    find: 'segment.file.write(frames)',
    replace: 'segment.file.write(frames.slice(0, -1))',
    proof: 'simulation',
  },
  {
    fault: 'take a write to a file that is gone for done',
    file: `${spool}/journal-files.ts`,
    find: 'if (!(error instanceof GoneError)) throw error;',
    replace: 'if (error instanceof GoneError) return; throw error;',
    proof: 'simulation',
  },
  {
    fault: 'delete a journal before its records are acknowledged',
    file: `${spool}/journal-files.ts`,
    find: 'each.last > done ||',
    replace: 'each.last > done + 1 ||',
    proof: 'simulation',
  },
  {
    fault: 'note one record too many as delivered',
    file: `${spool}/note.ts`,
    find: 'done: note.done,',
    replace: 'done: note.done + 1,',
    proof: 'simulation',
  },
  {
    fault: 'take all before an acknowledged record for acknowledged',
    file: `${spool}/progress.ts`,
    find: 'this.#finished.add(number);',
    replace: 'this.#watermark = number;',
    proof: 'simulation',
  },
  {
    fault: 'swallow a read error',
    file: `${spool}/journal.ts`,
    find: 'if (segment.file !== file) return this.#readSegment(segment, maxBytes);\n      throw error;',
    replace: 'return { frames: [], next: segment.length };',
    proof: 'simulation',
  },
  {
    fault: 'end reading at a file without records',
    file: `${spool}/journal.ts`,
    find: 'const next = after.find(({ length, layout }) => length > layout.start);',
    replace: 'const next = after.slice(0, 1).find(({ length, layout }) => length > layout.start);',
    proof: 'test/unit/storage/spool/journal-restarts.test.ts',
  },
  {
    fault: 'drop what Kafka refuses after its 200',
    file: `${spool}/backlog.ts`,
    find: 'if (owed) this.#park(record, number, reason);',
    replace: 'if (!owed) this.#park(record, number, reason);',
    proof: 'simulation',
  },
  {
    fault: 'restore a deleted file without what was in it',
    file: `${spool}/restore.ts`,
    find: 'await copy(lost, file, length);',
    replace: '',
    proof: 'simulation',
  },
  {
    fault: 'do not restore deleted files at a stop',
    file: `${spool}/journal.ts`,
    find: 'await this.verify();',
    replace: '',
    proof: 'test/unit/storage/spool/journal-restarts.test.ts',
  },
  {
    fault: 'give up where waiting for Kafka helps',
    file: 'src/kafka/retry.ts',
    find: "if (error.kind === 'refused') return error;",
    replace: 'return error;',
    proof: 'simulation',
  },
  {
    fault: 'give all batches of a request the outcome of the first',
    file: 'src/kafka/shipper.ts',
    find: 'const outcome = outcomes[index];',
    replace: 'const outcome = outcomes[index - index];',
    proof: 'simulation',
  },
];

const order: readonly Mutant[] = [
  {
    fault: 'open a lane before its journal is handed over',
    file: `${spool}/backlog.ts`,
    find: 'for (const { number, body } of frames) this.#handOver(number, body);',
    replace: 'for (const { number, body } of frames) this.#handOver(number, body); this.#pending = false;',
    proof: 'simulation',
  },
  {
    fault: 'send the newest file of a former process first',
    file: `${spool}/load-journal.ts`,
    find: 'a.layout.first - b.layout.first',
    replace: 'b.layout.first - a.layout.first',
    proof: 'simulation',
  },
];

const owners: readonly Mutant[] = [
  {
    fault: 'forget to lock the spool',
    file: `${spool}/open.ts`,
    find: 'const lock = await lockFolder(folder, log, lockWait);',
    replace:
      'void lockFolder; void lockWait; const lock = { retake: async () => undefined, release: async () => undefined };',
    proof: 'test/unit/storage/spool/spool-owner.test.ts',
  },
  {
    fault: 'take a folder whose lock another process has',
    file: `${disk}/lock.ts`,
    find: 'if (!tryLock(handle, path)) return await readHolder(handle);',
    replace: 'void readHolder; tryLock(handle, path);',
    proof: 'test/unit/storage/disk/lock.test.ts',
  },
  {
    fault: 'make files in a folder that somebody else has',
    file: `${spool}/journal-files.ts`,
    find: 'await retake();\n    await this.#acked.prepare',
    replace: 'await this.#acked.prepare',
    proof: 'simulation',
  },
  {
    fault: 'note what is delivered in a folder that somebody else has',
    file: `${spool}/journal-files.ts`,
    find: 'await retake();\n    const { done } = this.#extent();',
    replace: 'void retake;\n    const { done } = this.#extent();',
    proof: 'simulation',
  },
  {
    fault: 'read one of two files of the embedded log that begin with the same offset',
    file: 'src/storage/embedded/cursor.ts',
    find: 'return all.findIndex(({ first }) => first === begin);',
    replace: 'return all.findLastIndex(({ first }) => first === begin);',
    proof: 'test/unit/storage/embedded/embedded-twins.test.ts',
  },
  {
    fault: 'give offsets of a damaged file of the embedded log again',
    file: 'src/storage/embedded/topic-log.ts',
    find: 'this.#next = Math.max(this.#next, first + Math.ceil((await files.size(path)) / frameHead));',
    replace: 'void [files, first];',
    proof: 'test/unit/storage/embedded/embedded-damage.test.ts',
  },
  {
    fault: 'read files of a newer version',
    file: `${disk}/seal.ts`,
    find: 'if (Number(found) > version) throw new NewerFormatError(path, found, version);',
    replace: '',
    proof: 'test/unit/storage/spool/journal.test.ts',
  },
  {
    fault: 'skip the checksum of a record',
    file: `${disk}/frame.ts`,
    find: "if (crc32(buffer.subarray(summed, end), seed) !== buffer.readUInt32BE(summed - 4)) return 'damaged';",
    replace: '',
    proof: 'test/unit/storage/spool/spool-damage.test.ts',
  },
];

const once: readonly Mutant[] = [
  {
    fault: 'do not note which records Kafka has acknowledged',
    file: `${spool}/journal.ts`,
    find: 'this.#files.noteFinished(numbers);',
    replace: '',
    proof: 'simulation',
  },
  {
    fault: 'use a sequence number for two batches',
    file: 'src/kafka/wire/producer.ts',
    find: 'lane.number = (lane.number + batch.records.length) & largestNumber;',
    replace: 'lane.number = lane.number & largestNumber;',
    proof: 'test/unit/kafka/wire/client.test.ts',
  },
  {
    fault: 'take a refused batch for accepted',
    file: 'src/kafka/shipper.ts',
    find: 'else reject(outcome);',
    replace: "else if (outcome?.kind === 'refused') resolve(0n); else reject(outcome);",
    proof: 'simulation',
  },
  {
    fault: 'publish without the claim on an event',
    file: 'src/storage/dedupe/dedupe.ts',
    find: 'if (this.#claims !== undefined) return this.#publishClaimed(',
    replace: 'if (this.#claims === undefined) return this.#publishClaimed(',
    proof: 'test/unit/storage/dedupe/workers.test.ts',
  },
  {
    fault: 'answer duplicate before the event is published',
    file: 'src/storage/dedupe/dedupe.ts',
    find: 'this.#active.add(active);',
    replace: 'this.#active.add(active); active.placement = { topic: keys.id, spooled: true };',
    proof: 'simulation',
  },
  {
    fault: 'forget an event that Kafka had after all',
    file: 'src/storage/dedupe/dedupe.ts',
    find: 'error.late?.then((placement) => this.#keepLate(keys, placement), ignore);',
    replace: 'void ignore;',
    proof: 'simulation',
  },
  {
    fault: 'do not write the last events of the window at a stop',
    file: 'src/storage/dedupe/dedupe.ts',
    find: 'if (this.#active.waiting > 0) await this.#writeGroup();',
    replace: '',
    proof: 'simulation',
  },
  {
    fault: 'forget events before the window is over',
    file: 'src/storage/dedupe/window.ts',
    find: 'begun + this.#sliceLength + this.#options.length',
    replace: 'begun + this.#sliceLength',
    proof: 'simulation',
  },
  {
    fault: 'skip the fsync of the window at a stop',
    file: 'src/storage/dedupe/chain.ts',
    find: 'for (const part of this.#parts.values()) await part.sync();',
    replace: '',
    proof: 'simulation',
  },
  {
    fault: 'skip the checksum of an entry of the window',
    file: 'src/storage/dedupe/entry.ts',
    find: 'checksum(from, at, crcAt) === from.readUInt32LE(crcAt)',
    replace: 'checksum(from, at, crcAt) >= 0',
    proof: 'test/unit/storage/dedupe/files.test.ts',
  },
  {
    fault: 'ignore a short write',
    file: 'src/storage/dedupe/folder.ts',
    find: 'done += (await writeSome(handle, bytes, done, bytes.length - done)).bytesWritten;',
    replace:
      'done += Math.max(bytes.length, (await writeSome(handle, bytes, done, bytes.length - done)).bytesWritten);',
    proof: 'test/unit/storage/dedupe/short-write.test.ts',
  },
];

const embedded: readonly Mutant[] = [
  {
    fault: 'skip the fsync of the embedded log',
    file: 'src/storage/embedded/topic-log.ts',
    find: 'if (written > 0) await tail.file.sync()',
    replace: 'if (written < 0) await tail.file.sync()',
    proof: 'test/unit/storage/embedded/embedded-faults.test.ts',
  },
  {
    fault: 'trust a sync of the embedded log after one that failed',
    file: 'src/storage/embedded/topic-log.ts',
    find: '.catch((error: unknown) => this.#writeElsewhere(appends, written, error));',
    replace: '.catch((error: unknown) => void [error, () => this.#writeElsewhere([], 0, 0)]);',
    proof: 'test/unit/storage/embedded/embedded-faults.test.ts',
  },
  {
    fault: 'give an offset of the embedded log twice',
    file: 'src/storage/embedded/topic-log.ts',
    find: 'this.#next += written;',
    replace: 'this.#next += Math.min(written, 1);',
    proof: 'test/unit/storage/embedded/embedded-faults.test.ts',
  },
];

/** Each promise of the README about the spool, the dedupe window and the embedded log has some. */
export const mutants: readonly Mutant[] = [...safety, ...order, ...owners, ...once, ...embedded];
