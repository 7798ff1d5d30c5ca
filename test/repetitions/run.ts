import { parseArgs } from 'node:util';
import { startKafka } from '../support/kafka.js';
import { proveRepetitions } from './prove.js';

/** Payment providers whose schemes differ. Of `stripe`, the id alone names an event. */
const providers = [
  ...['adyen', 'braintree', 'cashfree', 'checkout_com', 'gocardless', 'midtrans', 'paystack', 'razorpay', 'shopify'],
  ...['square', 'stripe'],
];

/** `npm run repetition-proof -- --events 20000`: every event twice, and another one under its id, against a real Kafka. */
const { values } = parseArgs({ options: { events: { type: 'string', default: '20000' } } });
const kafka = await startKafka();
try {
  const proof = await proveRepetitions({
    brokers: kafka.brokers,
    providers,
    events: Number(values.events),
    say: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${JSON.stringify(proof)}\n`);
  if (proof.missing + proof.twice > 0) process.exitCode = 1;
} finally {
  await kafka.stop();
}
