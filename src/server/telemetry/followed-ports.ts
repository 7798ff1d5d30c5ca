import type { KafkaRecord, Placement, Publisher, Spooled } from '../../core/model.js';
import type { Ports } from '../../core/pipeline.js';
import type { Trace } from '../../core/trace.js';

/** What is told of a delivery on its way. */
export interface Follower extends Trace {
  publish(record: KafkaRecord, publisher: Publisher): Promise<Placement | Spooled>;
}

/** The same ports for one delivery that is followed. Classes: functions made for each delivery take more time. */
export class FollowedPorts implements Ports {
  readonly publisher: Publisher;
  readonly dedupe: Ports['dedupe'];
  readonly keys: Ports['keys'];
  readonly deadLetterTopic: string;
  readonly mayKeepUnverified: Ports['mayKeepUnverified'];
  readonly now: Ports['now'];
  readonly trace: Follower;

  constructor({ publisher, dedupe, keys, deadLetterTopic, mayKeepUnverified, now }: Ports, follower: Follower) {
    this.publisher = new FollowedPublisher(publisher, follower);
    this.dedupe = dedupe;
    this.keys = keys;
    this.deadLetterTopic = deadLetterTopic;
    this.mayKeepUnverified = mayKeepUnverified;
    this.now = now;
    this.trace = follower;
  }
}

class FollowedPublisher implements Publisher {
  readonly #publisher: Publisher;
  readonly #follower: Follower;

  constructor(publisher: Publisher, follower: Follower) {
    this.#publisher = publisher;
    this.#follower = follower;
  }

  publish(record: KafkaRecord): Promise<Placement | Spooled> {
    return this.#follower.publish(record, this.#publisher);
  }

  ready(): boolean {
    return this.#publisher.ready();
  }

  connected(): boolean {
    return this.#publisher.connected();
  }

  close(): Promise<void> {
    return this.#publisher.close();
  }
}
