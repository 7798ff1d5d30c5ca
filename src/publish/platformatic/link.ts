import type { Socket } from 'node:net';
import type { API, ConnectionOptions, Connection as LibraryConnection } from '@platformatic/kafka';
import type { PublishError } from '../../model.js';
import { describeFault } from '../faults.js';
import { Connection } from './library.js';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Milliseconds. */
const connectTimeout = 2_000;
const answerTimeout = 3_000;
const keepAliveDelay = 60_000;
/** A request that times out within the library poisons its connection: late answers are taken for others. */
const never = 2 ** 31 - 1;

/**
 * One connection to a broker. The library's faults end here: a request that is not answered in time ends the connection,
 * and so does whatever the library throws while it handles an event of its socket, where nobody could catch it. Then every
 * request under way is rejected, once, whether the library remembers it or not, and its outcome is unknown.
 */
export class Link {
  readonly #connection: LibraryConnection;
  readonly #requests = new Set<Request>();
  #fault: PublishError | undefined;

  private constructor(clientId: string, options: ConnectionOptions) {
    this.#connection = new Connection(clientId, { ...options, connectTimeout, requestTimeout: never });
    // Without a listener an error would end the process.
    this.#connection.on('error', () => undefined);
  }

  /** Connects, with TLS and SASL as the options say. Rejects with the library's errors or a `PublishError`. */
  static async open({ host, port }: Address, clientId: string, options: ConnectionOptions): Promise<Link> {
    const link = new Link(clientId, options);
    try {
      await link.#track<void>(2 * connectTimeout, (done) => {
        void link.#connection.connect(host, port, done);
        link.#contain(link.#connection.socket);
      });
    } catch (error) {
      link.close();
      throw error;
    }
    return link;
  }

  get alive(): boolean {
    return this.#fault === undefined;
  }

  /** Milliseconds for which the oldest request has waited. */
  get silence(): number {
    const [oldest] = this.#requests;
    return oldest === undefined ? 0 : performance.now() - oldest.since;
  }

  /** One request, one answer. Rejects with the library's errors or a `PublishError`. */
  ask<Args extends unknown[], Answer>(api: API<Args, Answer>, ...args: Args): Promise<Answer> {
    if (this.#fault) return Promise.reject(this.#fault);
    return this.#track(answerTimeout, (done) => api(this.#connection, ...args, done));
  }

  /** Whatever is under way is rejected. */
  close(reason: PublishError = closed()): void {
    if (this.#fault) return;
    this.#fault = reason;
    for (const { reject } of this.#requests) reject(reason);
    this.#requests.clear();
    // Stops the library's timer of renewed authentication, too; it does not answer to a socket that never was.
    this.#connection.close(() => undefined);
    this.#connection.socket?.destroy();
  }

  #track<Answer>(patience: number, start: (done: Done<Answer>) => void): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const watchdog = setTimeout(() => this.close(describeFault('REQUEST_TIMEOUT', 'no answer')), patience).unref();
      const request = { since: performance.now(), reject: settle };
      const requests = this.#requests;
      requests.add(request);
      function settle(error: Error | null, answer?: Answer): void {
        clearTimeout(watchdog);
        requests.delete(request);
        // An answer of nothing is what `connect` has.
        if (error) reject(error);
        else resolve(answer as Answer);
      }
      try {
        start(settle);
      } catch (error) {
        settle(toError(error));
      }
    });
  }

  #contain(socket: Socket): void {
    socket.setKeepAlive(true, keepAliveDelay);
    socket.on('close', () => this.close());
    const { emit } = socket;
    socket.emit = (...event: [string | symbol, ...unknown[]]) => {
      try {
        return Reflect.apply(emit, socket, event);
      } catch (error) {
        this.close(describeFault('UNEXPECTED', `the Kafka client failed: ${toError(error).message}`, '', error));
        return true;
      }
    };
  }
}

type Done<Answer> = (error: Error | null, answer?: Answer) => void;

interface Request {
  readonly since: number;
  readonly reject: (error: Error) => void;
}

function closed(): PublishError {
  return describeFault('CONNECTION_CLOSED', 'the connection is closed');
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
