import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { startKafka } from '../support/kafka.js';
import { proveReplay } from './prove.js';

/** `npm run replay-proof -- --letters 50000`: kills a replay of so many dead letters half-way, and counts. */
const { values } = parseArgs({
  options: { letters: { type: 'string', default: '50000' }, kills: { type: 'string', default: '0.5' } },
});
const kafka = await startKafka();
try {
  const proof = await proveReplay({
    brokers: kafka.brokers,
    prefix: `proof.${randomUUID().slice(0, 8)}`,
    letters: Number(values.letters),
    kills: values.kills.split(',').map(Number),
    say: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${JSON.stringify({ ...proof, lost: proof.lost.length, twice: proof.twice.length })}\n`);
  if (proof.lost.length + proof.twice.length + proof.strange.length > 0) process.exitCode = 1;
} finally {
  await kafka.stop();
}
