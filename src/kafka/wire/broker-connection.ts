import type { Socket } from 'node:net';
import { type DetailedPeerCertificate, TLSSocket } from 'node:tls';
import type { KafkaSettings } from '../../config/settings.js';
import type { PublishError } from '../../core/model.js';
import type { Address } from '../connection/address.js';
import { explainCertificates } from '../connection/certificates.js';
import { Connection } from '../connection/connection.js';
import { answerLimit } from '../connection/messages.js';
import { translateError } from '../connection/translate.js';
import { describeFault, toFault } from '../faults.js';
import { prepareLogin } from '../oauth/login.js';

/** Milliseconds. */
const keepAliveDelay = 60_000;

/**
 * One connection to a broker, and its time limits: a request that is not answered in time ends the connection. Then every
 * request under way is rejected, and its outcome is unknown. So there is no answer that comes too late, and is taken for another.
 */
export class BrokerConnection {
  /** Resolves when it is connected; rejects with a `PublishError`. */
  readonly opened: Promise<void>;
  readonly #settings: KafkaSettings;
  readonly #connection: Connection;
  readonly #requests: Request[] = [];
  #peer: DetailedPeerCertificate | undefined;
  /** That of `connect` included. */
  #answers = 0;
  #connected = false;
  #retired = false;
  #fault: PublishError | undefined;

  /** Connects. */
  constructor(settings: KafkaSettings, address: Address) {
    this.#settings = settings;
    this.#connection = new Connection(address, settings);
    this.opened = this.#open();
    // Whoever waits for it has its own.
    this.opened.catch(() => undefined);
  }

  get connected(): boolean {
    return this.#connected && this.alive;
  }

  get alive(): boolean {
    return this.#fault === undefined;
  }

  /** True: its session ends soon, and another link is to take its place. */
  get due(): boolean {
    return this.#connection.isDue();
  }

  /** Milliseconds for which the oldest request has waited. */
  get silence(): number {
    const [oldest] = this.#requests;
    return oldest === undefined ? 0 : performance.now() - oldest.since;
  }

  /** One request, one answer. Rejects with a `PublishError`. */
  ask<Answer>(work: (connection: Connection) => Promise<Answer>): Promise<Answer> {
    if (this.#fault) return Promise.reject(this.#fault);
    return new Promise((resolve, reject) => {
      const watchdog = setTimeout(() => this.close(describeFault('REQUEST_TIMEOUT', 'no answer')), answerLimit).unref();
      const requests = this.#requests;
      const request = { since: performance.now(), reject: fail };
      requests.push(request);
      const end = () => {
        clearTimeout(watchdog);
        const index = requests.indexOf(request);
        if (index >= 0) requests.splice(index, 1);
        if (this.#retired && requests.length === 0) this.close();
      };
      function fail(fault: PublishError): void {
        end();
        reject(fault);
      }
      const succeed = (answer: Answer) => {
        end();
        this.#answers++;
        resolve(answer);
      };
      this.#start(work).then(succeed, (error: unknown) => fail(this.#translate(error)));
    });
  }

  /** Closes when what is under way has its answer. */
  retire(): void {
    this.#retired = true;
    if (this.#requests.length === 0) this.close();
  }

  /** Whatever is under way is rejected. */
  close(reason = closed()): void {
    if (this.#fault) return;
    this.#fault = reason;
    // Each leaves as it is rejected.
    for (const { reject } of [...this.#requests]) reject(reason);
    this.#connection.close();
  }

  async #open(): Promise<void> {
    try {
      await prepareLogin(this.#settings);
      await this.ask((connection) => connection.connect((socket) => this.#watch(socket)));
      this.#connected = true;
    } catch (error) {
      this.close(toFault(error));
      throw error;
    }
  }

  /** What it throws at once is a rejection, too. */
  async #start<Answer>(work: (connection: Connection) => Promise<Answer>): Promise<Answer> {
    return await work(this.#connection);
  }

  #translate(error: unknown): PublishError {
    return this.#explain(translateError(error));
  }

  /** With TLS 1.3 a broker refuses a certificate when the connection is already open. */
  #explain(fault: PublishError): PublishError {
    if (this.#answers > 1) return fault;
    return explainCertificates(fault, { tls: this.#settings.tls, peer: this.#peer, now: Date.now() });
  }

  #watch(socket: Socket): void {
    socket.setKeepAlive(true, keepAliveDelay);
    socket.on('error', (error) => this.close(this.#translate(error)));
    // When its certificate was refused, the socket does not have it any more.
    socket.prependOnceListener('secure', () => {
      if (socket instanceof TLSSocket) this.#peer = socket.getPeerCertificate(true);
    });
    socket.on('close', () => this.close(this.#explain(closed())));
  }
}

function closed(): PublishError {
  return describeFault('CONNECTION_CLOSED', 'the connection is closed');
}

interface Request {
  readonly since: number;
  readonly reject: (fault: PublishError) => void;
}
