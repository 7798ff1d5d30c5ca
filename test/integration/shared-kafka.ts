import { explainMissingKafka, startKafka, type TestKafka } from '../support/kafka.js';

type OwnKafka = TestKafka & { readonly own: NonNullable<TestKafka['own']> };

const missing = explainMissingKafka();
let started: TestKafka | undefined;

if (missing === undefined) {
  before(async () => {
    started = await startKafka({ secure: true });
  });
  after(() => started?.stop());
} else {
  if (process.env.CI === 'true') throw new Error(missing);
  process.stdout.write(`${missing}\n`);
}

/** The broker of all suites of this process, for use within tests and hooks. Every suite names its own topics. */
export function getKafka(): TestKafka {
  if (!started) throw new Error('Kafka is there only within tests and hooks');
  return started;
}

export function getOwnKafka(): OwnKafka {
  const { own, ...kafka } = getKafka();
  if (!own) throw new Error('this Kafka is not ours: use describeOwnKafka');
  return { ...kafka, own };
}

/** A suite that needs a Kafka; without one it isn't there, and one line says so (with `CI=true` an error). */
export function describeKafka(title: string, body: () => void): void {
  if (missing === undefined) describe(title, body);
}

/** A suite that halts, kills or configures the broker: not there for the Kafka of `KAFKA_BOOTSTRAP_SERVERS`. */
export function describeOwnKafka(title: string, body: () => void): void {
  if (!process.env.KAFKA_BOOTSTRAP_SERVERS) describeKafka(title, body);
}
