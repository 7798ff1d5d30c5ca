import type { Socket } from 'node:net';
import { plainAddress, senderOf } from '../../util/address.js';

export interface ConnectionLimits {
  /** At a time: in all, and of one sender. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
}

/** Why a connection is refused: the limit that it is over. */
export type ConnectionRefusal = keyof ConnectionLimits | 'unprovenPerAddress';

/** A connection that is to be closed: the new one, or an old one for which it is let in. */
export interface Refused {
  readonly socket: Socket;
  readonly reason: ConnectionRefusal;
}

interface Sender {
  /** The oldest first. */
  readonly sockets: Set<Socket>;
  readonly trusted: boolean;
}

/** Counts connections, so that nobody takes all descriptors of the process. */
export class Connections {
  /** Since the start. */
  readonly refused: { [reason in ConnectionRefusal]: number } = {
    connections: 0,
    connectionsPerAddress: 0,
    unprovenPerAddress: 0,
  };
  limits: ConnectionLimits;
  trusts: (address: string) => boolean;
  #open = 0;
  readonly #senders = new Map<string, Sender>();

  readonly #admits: (address: string) => boolean;

  /** `trusts`: whose connections are those of many senders. `admits`: whether an address may begin another one. */
  constructor(
    limits: ConnectionLimits,
    trusts: (address: string) => boolean,
    admits: (address: string) => boolean = () => true,
  ) {
    this.limits = limits;
    this.trusts = trusts;
    this.#admits = admits;
  }

  get open(): number {
    return this.#open;
  }

  /**
   * Counts a connection until it closes, unless it is one too many of its sender. Where all are taken, the oldest one of the
   * sender that has most makes room for a sender that has fewer.
   */
  enter(socket: Socket): Refused | undefined {
    const address = plainAddress(socket.remoteAddress ?? '');
    const name = senderOf(address);
    const sender = this.#senders.get(name) ?? { sockets: new Set(), trusted: this.trusts(address) };
    const count = sender.sockets.size;
    const { connections, connectionsPerAddress } = this.limits;
    if (count >= connectionsPerAddress && !sender.trusted) return this.#refuse(socket, 'connectionsPerAddress');
    if (!this.#admits(address)) return this.#refuse(socket, 'unprovenPerAddress');
    const full = this.#open >= connections;
    const other = full ? this.#makeRoom(count) : undefined;
    if (full && other === undefined) return this.#refuse(socket, 'connections');
    this.#open++;
    this.#senders.set(name, sender);
    sender.sockets.add(socket);
    socket.once('close', () => this.#leave(name, socket));
    return other && this.#refuse(other, 'connections');
  }

  #refuse(socket: Socket, reason: ConnectionRefusal): Refused {
    this.refused[reason]++;
    return { socket, reason };
  }

  /** For a sender that has so many. Undefined: nobody has many more. */
  #makeRoom(count: number): Socket | undefined {
    let most = count + 1;
    let heaviest: string | undefined;
    for (const [name, { sockets, trusted }] of this.#senders) {
      if (trusted || sockets.size <= most) continue;
      most = sockets.size;
      heaviest = name;
    }
    const [oldest] = this.#senders.get(heaviest ?? '')?.sockets ?? [];
    if (heaviest !== undefined && oldest !== undefined) this.#leave(heaviest, oldest);
    return oldest;
  }

  #leave(name: string, socket: Socket): void {
    const sender = this.#senders.get(name);
    if (sender?.sockets.delete(socket) !== true) return;
    this.#open--;
    if (sender.sockets.size === 0) this.#senders.delete(name);
  }
}
