import { PublishError } from '../../../../src/core/model.js';
import { createPublisher } from '../../../../src/publish/create.js';
import { publishNow } from '../../../support/placed.js';
import { makeRecord } from '../../kafka/records.js';

const [dir = '', name = ''] = process.argv.slice(2);
const publisher = await createPublisher(
  { kind: 'embedded', dir },
  { topics: [], deadLetterTopic: 'webhooks.dlq', largest: 1, log: () => undefined },
);

/** Says what is acknowledged; after the first failure its reason, and ends. */
async function append(worker: number): Promise<void> {
  for (let n = 0; ; n++) {
    const value = `${name}-${worker}-${n}`;
    try {
      const { partition, offset } = await publishNow(publisher, makeRecord(name, value));
      process.stdout.write(`${partition} ${offset} ${value}\n`);
    } catch (error) {
      process.stdout.write(`${error instanceof PublishError ? `${error.kind} ${error.reason}` : error}\n`);
      return;
    }
  }
}

await Promise.all(Array.from({ length: 16 }, (_, worker) => append(worker)));
await publisher.close();
