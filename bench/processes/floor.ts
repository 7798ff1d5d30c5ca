/**
 * What the work costs at the least: node:http, HMAC-SHA256 and JSON.parse, nothing else; and the same with a Kafka client that
 * sends what has come in a millisecond as one request, and answers when Kafka has it. Arguments: none|kafkajs|platformatic, broker, secret.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Event {
  readonly id: string;
  readonly type: string;
  readonly data: { readonly object: { readonly id: string } };
}

interface Message {
  readonly topic: string;
  readonly key: string;
  readonly value: Buffer;
}

type Send = (messages: readonly Message[]) => Promise<unknown>;

const [kind = 'none', broker = '', secret = ''] = process.argv.slice(2);
/** Milliseconds. */
const linger = 1;

async function createSend(): Promise<Send | undefined> {
  if (kind === 'kafkajs') return createKafkajs();
  if (kind === 'platformatic') return createPlatformatic();
  return undefined;
}

async function createKafkajs(): Promise<Send> {
  const { Kafka, logLevel, Partitioners } = (await import('kafkajs')).default;
  const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.ERROR });
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  return (messages) => {
    const topicMessages = [...group(messages)].map(([topic, each]) => ({ topic, messages: each }));
    return producer.sendBatch({ topicMessages, acks: -1 });
  };
}

function group(messages: readonly Message[]): Map<string, { key: string; value: Buffer }[]> {
  const groups = new Map<string, { key: string; value: Buffer }[]>();
  for (const { topic, key, value } of messages) {
    const there = groups.get(topic);
    if (there === undefined) groups.set(topic, [{ key, value }]);
    else there.push({ key, value });
  }
  return groups;
}

async function createPlatformatic(): Promise<Send> {
  // Not known to the compiler: it is measured where it is installed.
  const name = '@platformatic/kafka';
  const { Producer, stringSerializer, compatibilityPartitioner } = await import(name);
  const producer = new Producer({
    clientId: 'floor',
    bootstrapBrokers: [broker],
    partitioner: compatibilityPartitioner,
    serializers: { key: stringSerializer },
  });
  return (messages) => producer.send({ messages: [...messages], acks: -1 });
}

const send = await createSend();
let pending: { readonly message: Message; readonly done: (ok: boolean) => void }[] = [];

function flush(): void {
  const batch = pending;
  pending = [];
  send?.(batch.map(({ message }) => message)).then(
    () => {
      for (const { done } of batch) done(true);
    },
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      for (const { done } of batch) done(false);
    },
  );
}

function publish(message: Message): Promise<boolean> {
  return new Promise((done) => {
    if (pending.push({ message, done }) === 1) setTimeout(flush, linger);
  });
}

function isProven(header: string, body: Buffer): boolean {
  const fields = new Map(header.split(',').map((part) => part.split('=') as [string, string]));
  const time = fields.get('t') ?? '';
  if (Math.abs(Date.now() / 1000 - Number(time)) > 300) return false;
  const digest = createHmac('sha256', secret).update(`${time}.`).update(body).digest();
  const given = Buffer.from(fields.get('v1') ?? '', 'hex');
  return given.length === digest.length && timingSafeEqual(given, digest);
}

async function take(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
  if (!isProven(String(request.headers['stripe-signature']), body)) return answer(response, 400, 'unproven');
  const event: Event = JSON.parse(body.toString());
  const topic = `webhooks.stripe.${event.type.slice(0, event.type.indexOf('.'))}`;
  const done = send === undefined || (await publish({ topic, key: event.data.object.id, value: body }));
  answer(response, done ? 200 : 503, event.id);
}

function answer(response: ServerResponse, status: number, id: string): void {
  const body = JSON.stringify({ id });
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => void take(request, response, Buffer.concat(chunks)));
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })}\n`);
});
process.on('SIGTERM', () => process.exit());
