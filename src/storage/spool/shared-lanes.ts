import { type KafkaRecord, type Placement, PublishError, type Spooled } from '../../core/model.js';
import type { Clock } from '../../util/clock.js';
import { errorText } from '../../util/errors.js';
import { Forwards } from './forwards.js';
import type { Lane } from './lane.js';
import type { ForwardResult, Peers, ToPeer } from './peers.js';
import { SharedLane } from './shared-lane.js';

/** Milliseconds that a record waits for other workers, before its sender is told to send it again later. */
const patience = 5_000;
/** Milliseconds between two looks at the end whether something waits. */
const pause = 10;

/** What the lanes of a worker need of its spool. */
interface OwnSpool {
  /** Opens the lane of a topic, if it is not open. */
  open(topic: string): Promise<unknown>;
  /** Publishes what another worker has forwarded. */
  take(record: KafkaRecord): Promise<Placement | Spooled>;
}

/** One worker's part in the lanes that the workers of a gateway have together. */
export class SharedLanes {
  readonly #peers: Peers;
  readonly #clock: Clock;
  readonly #forwards: Forwards;
  readonly #lanes = new Map<string, SharedLane>();
  #spool: OwnSpool | undefined;
  #started = false;

  constructor(peers: Peers, clock: Clock) {
    this.#peers = peers;
    this.#clock = clock;
    this.#forwards = new Forwards(peers, clock);
  }

  /** How many workers there are. */
  get slots(): number {
    return this.#peers.of;
  }

  /** `own`: records are published into it; others are of parts of the spool that were adopted. */
  add(lane: Lane, own: boolean): void {
    const { topic } = lane;
    let shared = this.#lanes.get(topic);
    if (shared === undefined) {
      shared = new SharedLane({ topic, peers: this.#peers, forwards: this.#forwards, clock: this.#clock });
      this.#lanes.set(topic, shared);
    }
    shared.add(lane, own);
    if (this.#started) this.#peers.tell({ kind: 'joined', lanes: [{ topic, left: shared.left }] });
  }

  serve(spool: OwnSpool): void {
    this.#spool = spool;
  }

  /** All that former processes have left is open: from now on the workers act together. */
  async start(): Promise<void> {
    for (const topic of this.#lanes.keys()) await this.#spool?.open(topic);
    this.#started = true;
    this.#peers.listen(
      (message) => this.#hear(message),
      () => this.#goAlone(),
    );
    this.#peers.tell({ kind: 'joined', lanes: [...this.#lanes.values()].map(({ topic, left }) => ({ topic, left })) });
  }

  /** The lane of its topic must be there. */
  publish(record: KafkaRecord, forwarded: boolean): Promise<Placement | Spooled> {
    const lane = this.#lanes.get(record.topic);
    if (lane === undefined) throw new RangeError(`the topic ${record.topic} has no lane`);
    return lane.publish(record, forwarded);
  }

  /** Looks who has waited too long; says whether anybody waits. */
  check(): boolean {
    this.#forwards.expire(patience);
    for (const lane of this.#lanes.values()) lane.expire(patience);
    return this.#waiting;
  }

  /** Waits at most so many milliseconds for those who wait for other workers. All have an answer afterwards. */
  async settle(milliseconds: number): Promise<void> {
    const end = this.#clock.now() + milliseconds;
    while (this.#waiting && this.#clock.now() < end) {
      await new Promise<void>((resolve) => this.#clock.after(pause, resolve));
    }
    this.#goAlone();
  }

  get #waiting(): boolean {
    if (this.#forwards.waiting) return true;
    for (const { waiting } of this.#lanes.values()) if (waiting) return true;
    return false;
  }

  #goAlone(): void {
    this.#forwards.end();
    for (const lane of this.#lanes.values()) lane.goAlone();
  }

  #hear(message: ToPeer): void {
    if (message.kind === 'order') this.#lanes.get(message.topic)?.obey(message);
    else if (message.kind === 'invite') this.#spool?.open(message.topic).catch(() => undefined);
    else if (message.kind === 'peer') this.#forwards.setPresent(message.slot, message.present);
    else if (message.kind === 'outcome') this.#forwards.hear(message.id, message.outcome);
    else this.#take(message);
  }

  #take({ from, id, record }: Extract<ToPeer, { kind: 'forwarded' }>): void {
    const tell = (outcome: ForwardResult) => this.#peers.tell({ kind: 'taken', to: from, id, outcome });
    this.#spool?.take(record).then(
      (safe) => tell({ safe }),
      (error: unknown) => {
        tell(toOutcome(error));
        if (!(error instanceof PublishError)) return;
        error.late?.then(
          (safe) => tell({ safe }),
          (fault: unknown) => tell({ ...toOutcome(fault), late: false }),
        );
      },
    );
  }
}

function toOutcome(thrown: unknown): Extract<ForwardResult, { readonly late: boolean }> {
  if (!(thrown instanceof PublishError)) {
    const message = errorText(thrown);
    return { error: { kind: 'unavailable', reason: 'WORKER_FAILED', message }, late: false };
  }
  const { kind, reason, message, late } = thrown;
  return { error: { kind, reason, message }, late: late !== undefined };
}
