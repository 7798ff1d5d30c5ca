import type { FromPeer, ToPeer } from './peers.js';
import { type OrderTo, TopicLanes } from './topic-lanes.js';

/** A worker that has its lanes: `life` is its alone, where its slot may have several, one after another. */
interface Member {
  readonly slot: number;
  readonly life: number;
}

/** The primary's part in the order over workers: the phases of each topic, and the way of forwarded records. */
export class Lanes {
  readonly #slots: number;
  readonly #send: (slot: number, message: ToPeer) => void;
  readonly #topics = new Map<string, TopicLanes>();
  readonly #members = new Map<number, Member>();

  /** `send` reaches the worker that the slot has at the time; messages to a slot without one are dropped. */
  constructor(slots: number, send: (slot: number, message: ToPeer) => void) {
    this.#slots = slots;
    this.#send = send;
  }

  hear(member: Member, message: FromPeer): void {
    const { slot, life } = member;
    if (message.kind === 'joined') this.#join(member, message.lanes);
    else if (this.#members.get(slot)?.life !== life) return;
    else if (message.kind === 'failing') this.#order(message.topic, (lanes) => lanes.failing(slot, message.epoch));
    else if (message.kind === 'done') this.#order(message.topic, (lanes) => lanes.done(slot, message.epoch));
    else if (message.kind === 'forward') this.#forward(member, message);
    else this.#answer(message);
  }

  ended({ slot, life }: Member): void {
    if (this.#members.get(slot)?.life === life) {
      this.#members.delete(slot);
      this.#tellOthers({ kind: 'peer', slot, present: false }, slot);
    }
    for (const topic of this.#topics.keys()) this.#order(topic, (lanes) => lanes.ended(slot));
  }

  /** The slot has had no worker for so long that nobody waits for it any more, until there is one. */
  lost(slot: number): void {
    if (this.#members.has(slot)) return;
    for (const topic of this.#topics.keys()) this.#order(topic, (lanes) => lanes.lost(slot));
  }

  #join(member: Member, joined: Extract<FromPeer, { kind: 'joined' }>['lanes']): void {
    const { slot, life } = member;
    if (this.#members.get(slot)?.life !== life) this.#welcome(member);
    for (const { topic, left } of joined) {
      if (!this.#topics.has(topic)) {
        this.#topics.set(topic, new TopicLanes(this.#slots));
        this.#tellOthers({ kind: 'invite', topic }, slot);
      }
      this.#order(topic, (lanes) => lanes.joined(slot, left));
    }
  }

  #welcome(member: Member): void {
    const { slot } = member;
    this.#members.set(slot, member);
    for (const topic of this.#topics.keys()) this.#send(slot, { kind: 'invite', topic });
    for (const other of this.#members.keys()) this.#send(slot, { kind: 'peer', slot: other, present: true });
    this.#tellOthers({ kind: 'peer', slot, present: true }, slot);
  }

  /** Whoever forwards to a slot that has no worker any more is about to hear of it. */
  #forward({ life }: Member, { slot, id, record }: Extract<FromPeer, { kind: 'forward' }>): void {
    if (this.#members.has(slot)) this.#send(slot, { kind: 'forwarded', from: life, id, record });
  }

  #answer({ to, id, outcome }: Extract<FromPeer, { kind: 'taken' }>): void {
    for (const { slot, life } of this.#members.values()) {
      if (life === to) this.#send(slot, { kind: 'outcome', id, outcome });
    }
  }

  #order(topic: string, hear: (lanes: TopicLanes) => readonly OrderTo[]): void {
    const lanes = this.#topics.get(topic);
    if (lanes === undefined) return;
    for (const { slot, phase, epoch } of hear(lanes)) this.#send(slot, { kind: 'order', topic, phase, epoch });
  }

  #tellOthers(message: ToPeer, slot: number): void {
    for (const other of this.#members.keys()) if (other !== slot) this.#send(other, message);
  }
}
