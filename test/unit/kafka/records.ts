import type { KafkaRecord } from '../../../src/core/model.js';

/** A record whose value says which one it is. */
export function makeRecord(key: string, value: string | number | Buffer, topic = 'orders'): KafkaRecord {
  return {
    topic,
    key,
    headers: { ce_id: `evt_${key}` },
    value: Buffer.isBuffer(value) ? value : Buffer.from(String(value)),
  };
}

export async function caught(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not reject');
}
