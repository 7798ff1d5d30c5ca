import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
  /** Every byte that came, interim answers included. */
  readonly text: string;
}

/** A connection that sends what it is told, byte for byte, which no HTTP client would. */
export class RawConnection {
  readonly #socket: Socket;
  #text = '';
  #closed = false;
  #waiting: (() => void)[] = [];

  /** `from`: an address of this machine, such as 127.0.0.2. */
  constructor(url: string, from = '127.0.0.1') {
    const { hostname, port } = new URL(url);
    this.#socket = connect({ port: Number(port), host: hostname, localAddress: from });
    this.#socket.on('data', (chunk) => this.#change(() => (this.#text += chunk.toString('latin1'))));
    this.#socket.on('close', () => this.#change(() => (this.#closed = true)));
    this.#socket.on('error', () => {});
  }

  write(bytes: string | Buffer): this {
    this.#socket.write(bytes);
    return this;
  }

  /** Cuts the connection with a reset, as a crashed peer would. */
  cut(): void {
    this.#socket.resetAndDestroy();
  }

  end(): void {
    this.#socket.end();
  }

  /** Resolves with all that came as soon as it matches. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#text)) {
      if (this.#closed) throw new Error(`closed after: ${this.#text}`);
      await this.#next();
    }
    return this.#text;
  }

  /** Resolves when the other side has closed. */
  async closed(): Promise<string> {
    while (!this.#closed) await this.#next();
    return this.#text;
  }

  /** The first answer that is not interim (1xx), whole. */
  async answer(): Promise<RawAnswer> {
    const final = /HTTP\/1\.1 ([2-5]\d\d)[^\r]*\r\n([\s\S]*?)\r\n\r\n/;
    await this.until(final);
    const [head = '', status = '', lines = ''] = final.exec(this.#text) ?? [];
    const headers = Object.fromEntries(
      lines.split('\r\n').map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const start = this.#text.indexOf(head) + head.length;
    const length = Number(headers['content-length'] ?? 0);
    while (this.#text.length < start + length && !this.#closed) await this.#next();
    return { status: Number(status), headers, body: this.#text.slice(start, start + length), text: this.#text };
  }

  #next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #change(apply: () => unknown): void {
    apply();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
