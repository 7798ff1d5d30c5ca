import type { Socket } from 'node:net';
import { plainAddress, senderOf } from '../address.js';

export interface ConnectionLimits {
  /** At a time: in all, and of one sender. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
}

/** Why a connection is refused: the limit that it is over. */
export type ConnectionRefusal = keyof ConnectionLimits;

/** Counts connections, so that nobody takes all descriptors of the process. */
export class Connections {
  /** Since the start. */
  readonly refused: { [reason in ConnectionRefusal]: number } = { connections: 0, connectionsPerAddress: 0 };
  limits: ConnectionLimits;
  trusts: (address: string) => boolean;
  #open = 0;
  readonly #senders = new Map<string, number>();

  /** `trusts`: whose connections are those of many senders. */
  constructor(limits: ConnectionLimits, trusts: (address: string) => boolean) {
    this.limits = limits;
    this.trusts = trusts;
  }

  get open(): number {
    return this.#open;
  }

  /** Counts a connection until it closes, unless it is one too many: then says why. */
  enter(socket: Socket): ConnectionRefusal | undefined {
    const address = plainAddress(socket.remoteAddress ?? '');
    const sender = senderOf(address);
    const count = this.#senders.get(sender) ?? 0;
    const reason = this.#refusal(address, count);
    if (reason !== undefined) {
      this.refused[reason]++;
      return reason;
    }
    this.#open++;
    this.#senders.set(sender, count + 1);
    socket.once('close', () => this.#leave(sender));
    return undefined;
  }

  #refusal(address: string, count: number): ConnectionRefusal | undefined {
    const { connections, connectionsPerAddress } = this.limits;
    if (this.#open >= connections) return 'connections';
    return count >= connectionsPerAddress && !this.trusts(address) ? 'connectionsPerAddress' : undefined;
  }

  #leave(sender: string): void {
    this.#open--;
    const count = (this.#senders.get(sender) ?? 1) - 1;
    if (count > 0) this.#senders.set(sender, count);
    else this.#senders.delete(sender);
  }
}
