import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const metadata = { apiKey: 3, version: 1 };

/** Resolves when the broker knows of so many brokers that serve. An open port alone says nothing. */
export async function waitForBrokers(port: number, brokers = 1): Promise<void> {
  const noTopics = Buffer.alloc(4);
  for (let tries = 0; tries < 1800; tries++) {
    try {
      const answer = await ask(port, metadata.apiKey, metadata.version, noTopics);
      if (answer.readInt32BE(0) >= brokers) return;
    } catch {
      // Not yet.
    }
    await delay(50);
  }
  throw new Error(`the broker on port ${port} does not serve`);
}

/** Makes every partition's first replica its leader, where that one is in sync. No Node.js client can ask for it. */
export async function electPreferredLeaders(port: number): Promise<void> {
  const preferred = 0;
  const allPartitions = [255, 255, 255, 255];
  const timeout = [0, 0, 0x13, 0x88];
  await ask(port, 43, 1, Buffer.from([preferred, ...allPartitions, ...timeout]));
}

/** The id of the active controller, of which Metadata names a random broker. Throws while there is none. */
export async function findController(port: number): Promise<number> {
  const log = Buffer.from('__cluster_metadata');
  const noTags = 0;
  const length = log.length + 1;
  // Lengths count from 1: one topic of one partition, which is number 0. A flexible version has tags in the header, too.
  const question = [noTags, 2, length, ...log, 2, 0, 0, 0, 0, noTags, noTags, noTags];
  const answer = await ask(port, 55, 0, Buffer.from(question));
  const partition = 1 + 2 + 1 + length + 1 + 4;
  const fault = answer.readInt16BE(1) || answer.readInt16BE(partition);
  const leader = answer.readInt32BE(partition + 2);
  if (fault !== 0 || leader < 0) throw new Error(`no controller (${fault})`);
  return leader;
}

/** The id that tells a topic from a later one of the same name, as this broker knows it; undefined where there is none. */
export async function findTopicId(port: number, topic: string): Promise<string | undefined> {
  const noTags = 0;
  const anyId = Array<number>(16).fill(0);
  const name = [topic.length + 1, ...Buffer.from(topic)];
  const question = [noTags, 2, ...anyId, ...name, noTags, 0, 0, noTags];
  const answer = await ask(port, metadata.apiKey, 12, Buffer.from(question));
  let at = 1 + 4;
  const skipText = () => {
    at += Math.max(answer.readUInt8(at), 1);
  };
  const brokers = answer.readUInt8(at++) - 1;
  for (let broker = 0; broker < brokers; broker++) {
    at += 4;
    skipText();
    at += 4;
    skipText();
    at++;
  }
  skipText();
  at += 4 + 1;
  const fault = answer.readInt16BE(at);
  at += 2;
  skipText();
  return fault === 0 ? answer.toString('hex', at, at + 16) : undefined;
}

/** One request in Kafka's protocol (header version 1, no client id); resolves with the body of the answer. */
function ask(port: number, apiKey: number, version: number, body: Buffer): Promise<Buffer> {
  const head = Buffer.alloc(14);
  head.writeInt32BE(10 + body.length, 0);
  head.writeInt16BE(apiKey, 4);
  head.writeInt16BE(version, 6);
  head.writeInt32BE(1, 8);
  head.writeInt16BE(-1, 12);
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let got = Buffer.alloc(0);
    socket.setTimeout(1000, () => socket.destroy(new Error('no answer')));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed')));
    socket.on('connect', () => socket.write(Buffer.concat([head, body])));
    socket.on('data', (data) => {
      got = Buffer.concat([got, data]);
      if (got.length < 4 || got.length < 4 + got.readInt32BE(0)) return;
      resolve(got.subarray(8));
      socket.destroy();
    });
  });
}
