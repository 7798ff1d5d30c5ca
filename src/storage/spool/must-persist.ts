import { type KafkaRecord, type Placement, PublishError } from '../../core/model.js';

/** False of a dead letter that a stranger can have caused: see `schemas/record.schema.json`. */
export function mustPersist({ headers }: KafkaRecord): boolean {
  return headers.ce_verified !== 'false';
}

/** What strangers cause takes no room on the disk from what is owed. `late`: it may still come to Kafka. */
export function notSpooled(late?: Promise<Placement>): PublishError {
  const message = 'Kafka is not available, and an unverified dead letter is not spooled';
  return new PublishError('unavailable', 'NOT_SPOOLED', message, { late });
}
