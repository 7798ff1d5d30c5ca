import { setTimeout as delay } from 'node:timers/promises';
import { Rejection } from '../../core/rejection.js';
import { type Arrival, Arrivals } from './arrivals.js';
import type { GivenUp, Holder } from './body.js';

/** Bytes of bodies that are held at the same time. */
const mostBytes = 64 * 1024 * 1024;
/** The part of them to which bodies that are arriving are given up when there is no room. */
const fullest = 7 / 8;
/** Milliseconds between two looks at the event loop; how late one may be; how many in a row may be late. */
const interval = 100;
const mostLate = 500;
const lateInARow = 2;
/** Milliseconds that a refused sender waits for its answer, and how many may be waiting. */
const refusalPause = 1_000;
const mostWaiting = 10_000;
/** Looks between two reports of what was refused. */
const looksPerReport = 10;

export interface GateLimits {
  /** Bytes of one body. */
  readonly body: number;
  /** Milliseconds that a body may take to arrive. */
  readonly bodyTimeout: number;
  /** Bytes that must come in a second. */
  readonly bodyRate: number;
  /** Deliveries at a time. */
  readonly inFlight: number;
}

/** A delivery's place: while its body arrives, and then among those that are in flight. */
export interface DeliveryPlace extends Holder {
  /** The body is complete. Throws the rejection `overloaded` where there is no place among those in flight. */
  begin(): void;
  leave(): void;
}

/** Where the gate tells what it refused, at most once a second. */
export type Report = (refused: number, fields: { readonly inFlight: number; readonly bytes: number }) => void;

/**
 * Lets so many deliveries in at a time that memory stays bounded and answers stay quick; the others are refused before
 * their body is read, which costs little. It closes too while the event loop is late again and again. Bodies that are still
 * arriving take nobody's place: they must come at a certain rate, and where memory runs short they are given up first.
 */
export class Gate {
  limits: GateLimits;
  readonly #report: Report;
  readonly #pause: number;
  readonly #arrivals = new Arrivals<Taken>();
  /** Runs while there is something to look at. */
  #timer: NodeJS.Timeout | undefined;
  #inFlight = 0;
  /** Of all bodies that are held. */
  #bytes = 0;
  #refused = 0;
  #waiting = 0;
  #late = 0;
  #looks = 0;
  #lastLook = 0;

  constructor(limits: GateLimits, report: Report, pause = refusalPause) {
    this.limits = limits;
    this.#pause = pause;
    this.#report = report;
  }

  /** Deliveries that are being processed. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Deliveries whose body is not complete. */
  get arriving(): number {
    return this.#arrivals.size;
  }

  /** False while it lets nobody in. */
  get open(): boolean {
    return (
      this.#inFlight < this.limits.inFlight &&
      this.#late < lateInARow &&
      this.#bytes - this.#arrivals.bytes < this.#mostBytes()
    );
  }

  /**
   * Throws the rejection `overloaded` where there is no place. `endpoint`, and `client`, which says whose request it is, are
   * asked for where memory runs short. `now`: milliseconds of `performance.now()`.
   */
  enter(endpoint = '', client: () => string = nobody, now = performance.now()): DeliveryPlace {
    if (this.#timer === undefined) this.#watch();
    if (!this.open) this.#refuse();
    const taken = new Taken(this, endpoint, client, now);
    this.#arrivals.add(taken);
    return taken;
  }

  /** Counts bytes of a delivery. False: there is no room for them. */
  hold(taken: Taken, bytes: number): boolean {
    if (taken.state !== 'arriving') return false;
    const most = this.#mostBytes();
    this.#bytes += bytes;
    this.#arrivals.bytes += bytes;
    taken.held += bytes;
    if (this.#bytes <= most) return true;
    const given = this.#arrivals.choose(this.#bytes - most * fullest, most);
    for (const each of given) {
      this.#refused++;
      this.#giveUp(each, 'overloaded');
    }
    if (this.#bytes <= most) return !given.includes(taken);
    this.#refused++;
    return false;
  }

  begin(taken: Taken): void {
    if (this.#inFlight >= this.limits.inFlight) this.#refuse();
    this.#arrivals.delete(taken);
    this.#inFlight++;
    taken.state = 'begun';
  }

  leave(taken: Taken): void {
    if (taken.state === 'gone') return;
    if (taken.state === 'begun') this.#inFlight--;
    else this.#arrivals.delete(taken);
    this.#bytes -= taken.held;
    taken.state = 'gone';
  }

  /**
   * Resolves when a refusal may be answered. Senders that send again at once would otherwise keep the gateway busy with
   * refusing them: measured at ten times the load, it then accepts a third of what it can, and so nine tenths.
   */
  async holdBack(): Promise<void> {
    if (this.#waiting >= mostWaiting) return;
    this.#waiting++;
    await delay(this.#pause);
    this.#waiting--;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** One body of the largest size fits in any case. */
  #mostBytes(): number {
    return Math.max(mostBytes, this.limits.body);
  }

  #refuse(): never {
    this.#refused++;
    throw new Rejection('overloaded');
  }

  #giveUp(taken: Taken, code: GivenUp): void {
    this.leave(taken);
    taken.giveUp?.(code);
  }

  #watch(): void {
    this.#lastLook = performance.now();
    this.#timer = setInterval(() => this.#look(), interval).unref();
  }

  #look(): void {
    const now = performance.now();
    const late = now - this.#lastLook - interval > mostLate;
    this.#late = late ? this.#late + 1 : 0;
    this.#lastLook = now;
    for (const [taken, code] of this.#arrivals.findSlow(now, this.limits, late)) this.#giveUp(taken, code);
    this.#looks++;
    if (this.#looks % looksPerReport !== 0) return;
    if (this.#refused > 0) this.#report(this.#refused, { inFlight: this.#inFlight, bytes: this.#bytes });
    else if (this.#inFlight === 0 && this.#arrivals.size === 0 && this.#late === 0) this.close();
    this.#refused = 0;
  }
}

class Taken implements DeliveryPlace, Arrival {
  giveUp: ((code: GivenUp) => void) | undefined = undefined;
  held = 0;
  received = 0;
  state: 'arriving' | 'begun' | 'gone' = 'arriving';
  /** Since when it is looked how much comes, and what had come then. */
  lookedAt: number;
  before = 0;
  readonly #gate: Gate;

  constructor(
    gate: Gate,
    readonly endpoint: string,
    readonly client: () => string,
    readonly startedAt: number,
  ) {
    this.#gate = gate;
    this.lookedAt = startedAt;
  }

  hold(bytes: number, received = bytes): boolean {
    this.received += received;
    return this.#gate.hold(this, bytes);
  }

  begin(): void {
    this.#gate.begin(this);
  }

  leave(): void {
    this.#gate.leave(this);
  }
}

function nobody(): string {
  return '';
}
