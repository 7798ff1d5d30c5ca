import { createPublisher } from '../../../src/publish/create.js';
import { makeRecord } from './records.js';

const [dir = '', name = ''] = process.argv.slice(2);
const publisher = await createPublisher({ kind: 'embedded', dir }, { topics: [], log: () => undefined });

/** Says only what is acknowledged. */
async function append(worker: number): Promise<void> {
  for (let n = 0; ; n++) {
    const value = `${name}-${worker}-${n}`;
    const { offset } = await publisher.publish(makeRecord(name, value));
    process.stdout.write(`${offset} ${value}\n`);
  }
}

await Promise.all(Array.from({ length: 16 }, (_, worker) => append(worker)));
