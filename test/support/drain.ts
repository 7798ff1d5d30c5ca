/**
 * A process that sends what is left in a spool, for a test that kills it: `drain.ts DIR BROKER TOPIC`. With a number as
 * fourth argument it spools so many records first, and ends.
 */
import { createPublisher } from '../../src/publish/create.js';
import { limits, makeRecord, makeSettings } from '../integration/publish/helpers.js';

const [dir = '', broker = '', topic = '', count] = process.argv.slice(2);
const settings = makeSettings([broker], {
  spool: { dir, maxBytes: 100_000_000 },
});
const log = (_level: string, message: string) => void process.stdout.write(`${message}\n`);
const publisher = await createPublisher(settings, { topics: [topic], log, ...limits });
if (count !== undefined) {
  const records = Array.from({ length: Number(count) }, (_, n) =>
    makeRecord(topic, `key-${n}`, `${n}:${'x'.repeat(500)}`),
  );
  await Promise.all(records.map((record) => publisher.publish(record)));
  await publisher.close();
  process.exit(0);
}
setInterval(() => undefined, 1_000);
