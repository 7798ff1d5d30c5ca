/** How long it takes to import a Kafka client and connect, in a bare process. Arguments: kafkajs|platformatic, broker. */
const [kind = '', broker = ''] = process.argv.slice(2);

async function connectKafkajs(): Promise<void> {
  const { Kafka, logLevel } = (await import('kafkajs')).default;
  const producer = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).producer({ idempotent: true });
  await producer.connect();
}

async function connectPlatformatic(): Promise<void> {
  const name = '@platformatic/kafka';
  const { Producer } = await import(name);
  await new Producer({ clientId: 'c', bootstrapBrokers: [broker] }).metadata({ topics: [] });
}

await (kind === 'kafkajs' ? connectKafkajs() : connectPlatformatic());
process.stdout.write(`${JSON.stringify({ url: '' })}\n`);
process.on('SIGTERM', () => process.exit());
setInterval(() => undefined, 1_000);
