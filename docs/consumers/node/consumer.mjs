import { Kafka as CloudEvents } from 'cloudevents';
import { Kafka, logLevel } from 'kafkajs';

const kafka = new Kafka({ brokers: process.env.KAFKA_BOOTSTRAP_SERVERS.split(','), logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: process.env.GROUP_ID ?? 'example', maxWaitTimeInMs: 500 });
const seen = new Set();

function handle({ key, value, headers }) {
  // Header values are bytes, and cloudevents expects text.
  const text = Object.fromEntries(Object.entries(headers).map(([name, bytes]) => [name, bytes.toString()]));
  const event = CloudEvents.toEvent({ key: key?.toString(), value: value.toString(), headers: text });
  const identity = [event.source, event.id, event.type, event.digest].join('\n');
  if (seen.has(identity)) return;
  const { amount, currency } = event.data.data.object;
  const { id, type, subject, partitionkey } = event;
  console.log(JSON.stringify({ id, type, subject, key: partitionkey, amount, currency }));
  seen.add(identity);
  if (seen.size > 100_000) seen.delete(seen.values().next().value);
}

process.once('SIGTERM', () => consumer.disconnect());
// Otherwise the process would end with exit code 0.
consumer.on(consumer.events.CRASH, ({ payload }) => {
  if (!payload.restart) process.exitCode = 1;
});
await consumer.connect();
await consumer.subscribe({ topics: process.argv.slice(2), fromBeginning: true });
// The offset is committed only after the promise is fulfilled: a record that fails is read again.
await consumer.run({ eachMessage: async ({ message }) => handle(message) });
