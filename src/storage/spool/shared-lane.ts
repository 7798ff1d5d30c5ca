import { type KafkaRecord, type Placement, PublishError, type Spooled } from '../../core/model.js';
import { choosePartition } from '../../kafka/partitioner.js';
import type { Clock } from '../../util/clock.js';
import type { Extent } from './backlog.js';
import type { Forwards } from './forwards.js';
import type { Lane } from './lane.js';
import type { LaneOrder, Peers, Phase } from './peers.js';

/** What a worker does with a record: keeps it waiting, gives it to the worker of its key's slot, or sends it by itself. */
type Way = 'hold' | 'route' | 'direct';

interface Held {
  readonly record: KafkaRecord;
  /** It was forwarded by another worker, and stays here. */
  readonly forwarded: boolean;
  /** Milliseconds of the clock. */
  readonly since: number;
  resolve(placement: Placement | Spooled | Promise<Placement | Spooled>): void;
  reject(error: PublishError): void;
}

interface SharedLaneParts {
  readonly topic: string;
  readonly peers: Peers;
  readonly forwards: Forwards;
  readonly clock: Clock;
}

const extents: { readonly [phase in Phase]: Extent } = {
  closing: 'none',
  settling: 'inFlight',
  clearing: 'former',
  draining: 'all',
  open: 'all',
};

/** One worker's part in the lane that all workers of a gateway have for a topic: see `Phase`. */
export class SharedLane {
  readonly topic: string;
  readonly #peers: Peers;
  readonly #forwards: Forwards;
  readonly #clock: Clock;
  /** The worker's own, and those of parts of the spool that it has adopted. */
  readonly #lanes: Lane[] = [];
  #own: Lane | undefined;
  #way: Way = 'hold';
  #order: Pick<LaneOrder, 'phase' | 'epoch'> = { phase: 'closing', epoch: 0 };
  /** What the primary was told in this epoch. */
  #told: 'done' | 'failing' | undefined;
  #held: Held[] = [];
  /** Records that others have, and that have no answer yet. */
  #abroad = 0;
  #gone = false;

  constructor({ topic, peers, forwards, clock }: SharedLaneParts) {
    this.topic = topic;
    this.#peers = peers;
    this.#forwards = forwards;
    this.#clock = clock;
  }

  /** There are records from before. */
  get left(): boolean {
    return this.#lanes.some(({ open }) => !open);
  }

  get waiting(): boolean {
    return this.#held.length > 0;
  }

  add(lane: Lane, own: boolean): void {
    this.#lanes.push(lane);
    if (own) this.#own = lane;
    lane.obey({ onFailing: () => this.#fail(), onRest: () => this.#look() });
  }

  /** `forwarded`: by another worker, which found that its key is this one's. */
  publish(record: KafkaRecord, forwarded: boolean): Promise<Placement | Spooled> {
    const own = this.#own;
    if (this.#way === 'direct' && own !== undefined) return own.publish(record);
    if (this.#way === 'hold' || own === undefined) {
      return new Promise((resolve, reject) => {
        this.#held.push({ record, forwarded, since: this.#clock.now(), resolve, reject });
      });
    }
    const slot = forwarded ? this.#peers.slot : choosePartition(record.key, this.#peers.of);
    return slot === this.#peers.slot ? own.publish(record) : this.#forward(slot, record);
  }

  obey({ phase, epoch }: LaneOrder): void {
    if (this.#gone) return;
    this.#order = { phase, epoch };
    this.#told = undefined;
    if (phase === 'closing') this.#hold();
    else if (phase === 'open') this.#open();
    else this.#route();
    for (const lane of this.#lanes) lane.allow(extents[phase]);
    if (this.#way !== 'hold') this.#release();
    this.#look();
  }

  /** Whoever has waited longer than `limit` milliseconds for the others is told to send again later. */
  expire(limit: number): void {
    const before = this.#clock.now() - limit;
    while (this.#held[0] !== undefined && this.#held[0].since < before) {
      const detail = 'the workers of the gateway have not agreed yet how records of this topic are taken';
      this.#held.shift()?.reject(new PublishError('unavailable', 'WORKERS_SILENT', detail));
    }
  }

  /** There is nobody to agree with any more: records that wait go the way of a gateway with one process. */
  goAlone(): void {
    this.#gone = true;
    this.#way = 'direct';
    for (const lane of this.#lanes) lane.mayClose = true;
    this.#release();
  }

  #hold(): void {
    this.#way = 'hold';
    for (const lane of this.#lanes) lane.mayClose = false;
  }

  #route(): void {
    if (this.#way === 'route') return;
    this.#way = 'route';
    for (const lane of this.#lanes) {
      lane.mayClose = true;
      lane.close('a worker has no acknowledgement');
    }
  }

  /** What was forwarded before is answered first, so that what comes next cannot overtake it. */
  #open(): void {
    for (const lane of this.#lanes) lane.mayClose = false;
    this.#way = this.#abroad > 0 ? 'hold' : 'direct';
  }

  #release(): void {
    const held = this.#held;
    this.#held = [];
    for (const { record, forwarded, resolve } of held) resolve(this.publish(record, forwarded));
  }

  #forward(slot: number, record: KafkaRecord): Promise<Placement | Spooled> {
    this.#abroad++;
    const answer = this.#forwards.send(slot, record);
    const end = () => {
      this.#abroad--;
      if (this.#abroad > 0 || this.#order.phase !== 'open' || this.#gone) return;
      this.#way = 'direct';
      this.#release();
    };
    answer.then(end, end);
    return answer;
  }

  #fail(): void {
    const { phase, epoch } = this.#order;
    const renounced = phase === 'open' || (phase === 'draining' && this.#told === 'done');
    if (!renounced) return;
    this.#tell('failing', epoch);
  }

  /** Says that it has done what the phase asks for, as soon as it has. */
  #look(): void {
    const { phase, epoch } = this.#order;
    if (this.#told !== undefined || phase === 'open' || epoch === 0) return;
    if (phase !== 'closing' && !this.#lanes.every(({ resting }) => resting)) return;
    // From here on it spools nothing.
    if (phase === 'draining') for (const lane of this.#lanes) lane.mayClose = false;
    this.#tell('done', epoch);
  }

  #tell(kind: 'done' | 'failing', epoch: number): void {
    if (this.#told === kind || this.#gone) return;
    this.#told = kind;
    this.#peers.tell({ kind, topic: this.topic, epoch });
  }
}
