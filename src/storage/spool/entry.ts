import type { KafkaRecord, Placement, PublishError, Spooled } from '../../core/model.js';
import type { Numbered } from '../../kafka/unanswered.js';
import type { Clock } from '../../util/clock.js';
import type { Log } from '../../util/log.js';
import type { Lined } from './in-flight-list.js';

/** What a lane needs of the world. */
export interface LanePorts {
  /** Settles when Kafka has the record or refuses it for good; keeps trying until then. */
  readonly send: (record: KafkaRecord) => Promise<Placement>;
  /** Goes on with a batch that a former process has sent: see `Resuming`. */
  readonly resume: (batch: Numbered) => Promise<boolean>;
  /** False while it is known that Kafka doesn't answer. */
  readonly connected: () => boolean;
  /** False while the spool may not grow by so many bytes. */
  readonly mayGrow: (bytes: number) => boolean;
  /** Keeps a record that was promised and that Kafka refuses for good. */
  readonly park: (record: KafkaRecord, reason: string) => Promise<void>;
  /** How many workers share the topic's keys. */
  readonly slots: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** A record in a lane. */
export interface SpoolEntry extends Lined {
  readonly record: KafkaRecord;
  /** Milliseconds of the clock. */
  readonly since: number;
  /** When it was accepted, in milliseconds since the epoch. */
  readonly at: number;
  /** It was on its way to Kafka when the lane closed. */
  inFlight?: true;
  /** Its number in the journal, once it has one. */
  number?: number;
  /** Kafka's answer, once the batcher has it. */
  sent?: Promise<Placement>;
  /** Absent once the one who waits has an answer. */
  answer?: { resolve(placement: Placement | Spooled): void; reject(error: PublishError): void };
}
