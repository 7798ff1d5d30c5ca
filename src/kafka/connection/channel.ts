import type { Socket } from 'node:net';
import { describeFault } from '../faults.js';
import { FrameReader } from './frames.js';

interface Waiting {
  readonly id: number;
  readonly resolve: (answer: Buffer) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_ID = 0x7fffffff;

/**
 * Requests and answers over a socket. A broker answers in the order in which it was asked, so an answer that is not that of
 * the oldest request is none: it ends the connection, and so does whatever is not an answer. Source:
 * https://kafka.apache.org/protocol#protocol_network.
 */
export class Channel {
  readonly #socket: Socket;
  readonly #client: Buffer;
  readonly #frames = new FrameReader();
  readonly #waiting: Waiting[] = [];
  #nextId = 0;
  #fault: unknown;

  /** `clientId`: how the broker names this client in its logs and quotas. */
  constructor(socket: Socket, clientId: string) {
    this.#socket = socket;
    this.#client = Buffer.from(clientId);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.close(error));
    socket.on('close', () => this.close(describeFault('CONNECTION_CLOSED', 'the connection is closed')));
  }

  /**
   * Sends a request of this API key and version, and resolves with the answer behind its correlation id. The body has the tags of
   * the header in front where its version has such. Rejects with whatever ended the connection.
   */
  request(apiKey: number, version: number, body: readonly Buffer[]): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#fault !== undefined) {
        reject(this.#fault);
        return;
      }
      const id = this.#nextId;
      this.#nextId = (id + 1) & MAX_ID;
      this.#waiting.push({ id, resolve, reject });
      this.#socket.write(frame(apiKey, version, id, this.#client, body));
    });
  }

  /** Whatever is under way is rejected with this. */
  close(fault: unknown): void {
    if (this.#fault !== undefined) return;
    this.#fault = fault;
    for (const { reject } of this.#waiting.splice(0)) reject(fault);
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    try {
      for (const answer of this.#frames.push(chunk)) this.#settle(answer);
    } catch (error) {
      this.close(error);
    }
  }

  #settle(answer: Buffer): void {
    const oldest = this.#waiting.shift();
    const id = answer.readInt32BE(0);
    if (oldest?.id === id) {
      oldest.resolve(answer.subarray(4));
      return;
    }
    const fault = describeFault('UNEXPECTED', `a broker answered request ${id}, which does not wait for an answer`);
    oldest?.reject(fault);
    throw fault;
  }
}

/** A request with its length, and its header of version 1. */
function frame(apiKey: number, version: number, id: number, client: Buffer, body: readonly Buffer[]): Buffer {
  const head = Buffer.allocUnsafe(14);
  let size = head.length - 4 + client.length;
  for (const { length } of body) size += length;
  head.writeInt32BE(size, 0);
  head.writeInt16BE(apiKey, 4);
  head.writeInt16BE(version, 6);
  head.writeInt32BE(id, 8);
  head.writeInt16BE(client.length, 12);
  return Buffer.concat([head, client, ...body], size + 4);
}
