import type { KafkaRecord, Placement, PublishError, Spooled } from '../../core/model.js';

/**
 * How the workers of a gateway take the records of a topic. Only an answer `spooled` can break the order of a sender that waits
 * for each answer: what was answered `accepted` is in Kafka before he sends the next one. So all workers go through these
 * together, and one begins when every worker has done what the one before asks for:
 *
 * - `closing`: each holds new records. Nothing is answered as spooled yet, nothing new is sent.
 * - `settling`: each spools what it had in flight, and sends that, and what a former process had in flight. From here to
 *   `draining`, new records go to the worker of their key's slot, which spools them: one journal for each key.
 * - `clearing`: each sends what was spooled when the gateway had more workers or fewer, and another one had the key.
 * - `draining`: each sends what it has spooled since. Done: Kafka has all of it, and this worker spools nothing more
 *   until the topic has closed again.
 * - `open`: each sends straight to Kafka. Whoever has not heard of it yet still forwards, to workers that only send.
 */
export type Phase = 'closing' | 'settling' | 'clearing' | 'draining' | 'open';

/** Counts the phases of a topic: what is said of another epoch is no longer true. */
export interface LaneOrder {
  readonly topic: string;
  readonly phase: Phase;
  readonly epoch: number;
}

/** What became of a forwarded record. `late`: of the refused one, it may be in Kafka after all; this is said once more then. */
export type ForwardResult =
  | { readonly safe: Placement | Spooled }
  | {
      readonly error: { readonly kind: PublishError['kind']; readonly reason: string; readonly message: string };
      readonly late: boolean;
    };

/** What a worker says to the primary of these matters. */
export type FromPeer =
  /** It has these lanes and holds their records. `left`: there are records from before. The first time it is all of them. */
  | { readonly kind: 'joined'; readonly lanes: readonly { readonly topic: string; readonly left: boolean }[] }
  /** Kafka does not take its records, and it may not spool. */
  | { readonly kind: 'failing'; readonly topic: string; readonly epoch: number }
  /** It has done what the phase asks for. */
  | { readonly kind: 'done'; readonly topic: string; readonly epoch: number }
  | { readonly kind: 'forward'; readonly slot: number; readonly id: number; readonly record: KafkaRecord }
  /** The answer to `forwarded`. */
  | { readonly kind: 'taken'; readonly to: number; readonly id: number; readonly outcome: ForwardResult };

/** What the primary says to a worker of these matters. */
export type ToPeer =
  | ({ readonly kind: 'order' } & LaneOrder)
  /** Another worker has a lane of this topic: join with one. */
  | { readonly kind: 'invite'; readonly topic: string }
  /** Whether the slot has a worker that takes forwarded records. One that is replaced goes and comes. */
  | { readonly kind: 'peer'; readonly slot: number; readonly present: boolean }
  /** `from`: the life of the worker that asks, for the answer. */
  | { readonly kind: 'forwarded'; readonly from: number; readonly id: number; readonly record: KafkaRecord }
  | { readonly kind: 'outcome'; readonly id: number; readonly outcome: ForwardResult };

/** The way to the other workers, over the primary. Nothing overtakes: what is said first is heard first. */
export interface Peers {
  readonly slot: number;
  /** How many slots there are. */
  readonly of: number;
  tell(message: FromPeer): void;
  /** Hears what the primary says from now on; `onGone`: nothing more will come. */
  listen(hear: (message: ToPeer) => void, onGone: () => void): void;
}
