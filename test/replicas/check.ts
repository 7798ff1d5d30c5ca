/**
 * Compares what a provider was told with what is in Kafka: `tsx test/replicas/check.ts FOLDER BROKERS`. It reads `answers.jsonl` and
 * `faults.jsonl` of the folder (an `Attempt`, a `Fault` a line) and the topic, and knows nothing else. It prints a `Verdict`.
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Attempt, type Fault, judge } from './judge.js';
import { readKafka } from './read.js';

async function readLines<T>(file: string): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) all.push(JSON.parse(line));
  return all;
}

const [folder = '', brokers = ''] = process.argv.slice(2);
const attempts = await readLines<Attempt>(join(folder, 'answers.jsonl'));
const faults = await readLines<Fault>(join(folder, 'faults.jsonl'));
process.stdout.write(`${JSON.stringify(judge(attempts, await readKafka(brokers.split(',')), faults))}\n`);
process.exit();
