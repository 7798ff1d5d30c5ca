import { type KafkaRecord, type Placement, PublishError, type Spooled } from '../../core/model.js';
import type { Clock } from '../../util/clock.js';
import type { ForwardResult, Peers } from './peers.js';

interface Forward {
  readonly slot: number;
  readonly record: KafkaRecord;
  /** Milliseconds of the clock. */
  readonly since: number;
  /** It is on its way, and may be taken. */
  sent: boolean;
  /** Absent once the one who waits has an answer. */
  answer?: Deferred;
  /** Whoever has been answered with an error may still hear that it is safe. */
  late?: Deferred;
}

interface Deferred {
  resolve(placement: Placement | Spooled): void;
  reject(error: PublishError): void;
}

/** Records that this worker has given to others, each until it has an answer. */
export class Forwards {
  readonly #peers: Peers;
  readonly #clock: Clock;
  /** By id, in the order in which they came. */
  readonly #open = new Map<number, Forward>();
  readonly #present = new Set<number>();
  #last = 0;

  constructor(peers: Peers, clock: Clock) {
    this.#peers = peers;
    this.#clock = clock;
  }

  get waiting(): boolean {
    for (const { answer } of this.#open.values()) if (answer !== undefined) return true;
    return false;
  }

  /** Settles with the answer of the slot's worker. One that is being replaced is waited for, see `expire`. */
  send(slot: number, record: KafkaRecord): Promise<Placement | Spooled> {
    return new Promise((resolve, reject) => {
      const id = ++this.#last;
      const forward = { slot, record, since: this.#clock.now(), sent: false, answer: { resolve, reject } };
      this.#open.set(id, forward);
      if (this.#present.has(slot)) this.#dispatch(id, forward);
    });
  }

  /** What was sent to a worker that is no more has no answer: it may be in its journal, or not. */
  setPresent(slot: number, present: boolean): void {
    if (present) this.#present.add(slot);
    else this.#present.delete(slot);
    for (const [id, forward] of this.#open) {
      if (forward.slot !== slot) continue;
      if (present && !forward.sent) this.#dispatch(id, forward);
      else if (!present && forward.sent)
        this.#end(id, forward, unavailable('WORKER_ENDED', 'the worker that had the record has ended'));
    }
  }

  hear(id: number, outcome: ForwardResult): void {
    const forward = this.#open.get(id);
    if (forward === undefined) return;
    const { answer, late } = forward;
    if ('safe' in outcome) {
      this.#open.delete(id);
      answer?.resolve(outcome.safe);
      late?.resolve(outcome.safe);
      return;
    }
    const { kind, reason, message } = outcome.error;
    if (outcome.late) this.#refuse(forward, new PublishError(kind, reason, message, { late: waitLate(forward) }));
    else this.#end(id, forward, new PublishError(kind, reason, message));
  }

  /** Whoever has waited longer than `limit` milliseconds is told to send again later. */
  expire(limit: number): void {
    const before = this.#clock.now() - limit;
    for (const [id, forward] of this.#open) {
      if (forward.since >= before) return;
      if (forward.answer === undefined) continue;
      const detail = 'the worker that spools the records of this key does not answer';
      if (forward.sent) this.#refuse(forward, unavailable('WORKER_SILENT', detail, waitLate(forward)));
      else this.#end(id, forward, unavailable('WORKER_SILENT', detail));
    }
  }

  /** Nobody is left waiting. */
  end(): void {
    for (const [id, forward] of this.#open) this.#end(id, forward, unavailable('CLOSED', 'the gateway is stopping'));
  }

  #dispatch(id: number, forward: Forward): void {
    forward.sent = true;
    this.#peers.tell({ kind: 'forward', slot: forward.slot, id, record: forward.record });
  }

  #end(id: number, forward: Forward, error: PublishError): void {
    this.#open.delete(id);
    this.#refuse(forward, error);
    forward.late?.reject(error);
  }

  #refuse(forward: Forward, error: PublishError): void {
    forward.answer?.reject(error);
    delete forward.answer;
  }
}

function waitLate(forward: Forward): Promise<Placement | Spooled> {
  const late = new Promise<Placement | Spooled>((resolve, reject) => {
    forward.late = { resolve, reject };
  });
  late.catch(() => undefined);
  return late;
}

function unavailable(reason: string, detail: string, late?: Promise<Placement | Spooled>): PublishError {
  return new PublishError('unavailable', reason, detail, { late });
}
