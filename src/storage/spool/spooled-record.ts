import type { KafkaRecord } from '../../core/model.js';

/** A record as the spool keeps it. */
export interface SpooledRecord {
  readonly record: KafkaRecord;
  /** Milliseconds since the epoch. */
  readonly spooledAt: number;
  /** It was on its way to Kafka when its lane closed: it precedes whatever was spooled, by any worker, since. */
  readonly inFlight?: true;
  /** How many workers shared the keys of its topic; absent: 1. It was this one's to spool, unless it was in flight. */
  readonly slots?: number;
  /** Why it is parked: Kafka's name of the refusal. */
  readonly parked?: string;
}

interface Head {
  readonly topic: string;
  readonly key: string;
  readonly headers: KafkaRecord['headers'];
  readonly spooledAt: number;
  readonly inFlight?: true;
  readonly slots?: number;
  readonly parked?: string;
}

/** 4 bytes length of a JSON object with all but the value, the object, the value as it is. */
export function encodeSpooled({ record: { topic, key, headers, value }, ...rest }: SpooledRecord): Buffer {
  const head = Buffer.from(JSON.stringify({ topic, key, headers, ...rest } satisfies Head));
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, value]);
}

export function decodeSpooled(body: Buffer): SpooledRecord {
  const end = 4 + body.readUInt32BE();
  // The frame's checksum has shown that these are the bytes which encodeSpooled wrote.
  const { topic, key, headers, ...rest }: Head = JSON.parse(body.toString('utf8', 4, end));
  return { record: { topic, key, headers, value: body.subarray(end) }, ...rest };
}
