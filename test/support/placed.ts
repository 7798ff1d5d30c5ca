import type { KafkaRecord, Placement, Publisher } from '../../src/core/model.js';

/** Publishes what must not end up in the spool. */
export async function publishNow(publisher: Publisher, record: KafkaRecord): Promise<Placement> {
  const safe = await publisher.publish(record);
  if ('spooled' in safe) throw new Error(`spooled: ${safe.topic}`);
  return safe;
}
