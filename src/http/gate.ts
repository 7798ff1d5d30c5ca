import { setTimeout as delay } from 'node:timers/promises';
import { Rejection } from '../rejection.js';

/** Bytes of bodies that are held at the same time. */
const mostBytes = 64 * 1024 * 1024;
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
  /** Deliveries at a time. */
  readonly inFlight: number;
}

/** A delivery's place among those that are in flight. */
export interface Place {
  /** Counts bytes of the body that have arrived. False: there is no room for them. */
  hold(bytes: number): boolean;
  leave(): void;
}

/** Where the gate tells what it refused, at most once a second. */
export type Report = (refused: number, fields: { readonly inFlight: number; readonly bytes: number }) => void;

/**
 * Lets so many deliveries in at a time that memory stays bounded and answers stay quick; the others are refused before
 * their body is read, which costs little. It closes too while the event loop is late again and again.
 */
export class Gate {
  limits: GateLimits;
  readonly #report: Report;
  readonly #pause: number;
  /** Runs while there is something to look at. */
  #timer: NodeJS.Timeout | undefined;
  #inFlight = 0;
  #entered = 0;
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

  /** Deliveries that are in. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Deliveries that were let in so far. */
  get entered(): number {
    return this.#entered;
  }

  /** False while it lets nobody in. */
  get open(): boolean {
    return this.#inFlight < this.limits.inFlight && this.#late < lateInARow && this.#bytes < this.#mostBytes();
  }

  /** Throws the rejection `overloaded` where there is no place. */
  enter(): Place {
    if (this.#timer === undefined) this.#watch();
    if (!this.open) {
      this.#refused++;
      throw new Rejection('overloaded');
    }
    this.#inFlight++;
    this.#entered++;
    return new Taken(this);
  }

  /** Counts bytes of a delivery. False: there is no room for them. */
  hold(bytes: number): boolean {
    this.#bytes += bytes;
    if (this.#bytes <= this.#mostBytes()) return true;
    this.#refused++;
    return false;
  }

  leave(bytes: number): void {
    this.#inFlight--;
    this.#bytes -= bytes;
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

  #watch(): void {
    this.#lastLook = performance.now();
    this.#timer = setInterval(() => this.#look(), interval).unref();
  }

  #look(): void {
    const now = performance.now();
    this.#late = now - this.#lastLook - interval > mostLate ? this.#late + 1 : 0;
    this.#lastLook = now;
    this.#looks++;
    if (this.#looks % looksPerReport !== 0) return;
    if (this.#refused > 0) this.#report(this.#refused, { inFlight: this.#inFlight, bytes: this.#bytes });
    else if (this.#inFlight === 0 && this.#late === 0) this.close();
    this.#refused = 0;
  }
}

class Taken implements Place {
  readonly #gate: Gate;
  #held = 0;

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  hold(bytes: number): boolean {
    this.#held += bytes;
    return this.#gate.hold(bytes);
  }

  leave(): void {
    this.#gate.leave(this.#held);
  }
}
