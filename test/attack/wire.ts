import { connect, type Socket } from 'node:net';

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  readonly target: string;
  /** In their order, names as they are written. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Without an answer: the connection was closed, or nothing came for twice so long (milliseconds). */
const patience = 15_000;

/** The bytes. A length is added unless one is said, or another framing. */
export function encode({ method, target, headers, body }: WireRequest): Buffer {
  const framed = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  const length = framed || (body.length === 0 && method !== 'POST') ? [] : [['Content-Length', String(body.length)]];
  const lines = [...headers, ...length].map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
  return Buffer.concat([head, body]);
}

/** One request after another over a connection that is kept as long as the other side keeps it. */
export class Lane {
  readonly #url: URL;
  readonly #from: string;
  #socket: Socket | undefined;
  #text = '';
  #waiting: { readonly bodiless: boolean; readonly done: (answer: Answer | undefined) => void } | undefined;

  /** `from`: an address of this machine. */
  constructor(url: string, from: string) {
    this.#url = new URL(url);
    this.#from = from;
  }

  /** Undefined: no answer came. */
  async send(bytes: Buffer, method: string): Promise<Answer | undefined> {
    const socket = this.#connected();
    // Twice: after a time in which this process did not run, what has come in the meantime is read first.
    let timer = setTimeout(() => {
      timer = setTimeout(() => socket.destroy(), patience);
    }, patience);
    const answer = await new Promise<Answer | undefined>((done) => {
      this.#waiting = { bodiless: method === 'HEAD', done };
      socket.write(bytes);
    });
    clearTimeout(timer);
    return answer;
  }

  close(): void {
    this.#socket?.destroy();
  }

  #connected(): Socket {
    if (this.#socket !== undefined && !this.#socket.destroyed && this.#socket.writable) return this.#socket;
    const socket = connect({
      port: Number(this.#url.port),
      host: this.#url.hostname,
      localAddress: this.#from,
      noDelay: true,
    });
    this.#text = '';
    this.#socket = socket;
    socket.on('data', (chunk) => {
      if (socket !== this.#socket) return;
      this.#text += chunk.toString('latin1');
      this.#read(socket);
    });
    socket.on('error', () => undefined);
    socket.on('end', () => socket.destroy());
    socket.on('close', () => {
      if (socket === this.#socket) this.#settle(undefined);
    });
    return socket;
  }

  #read(socket: Socket): void {
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0 || this.#waiting === undefined) return;
    const head = this.#text.slice(0, end);
    const status = Number(head.slice(9, 12));
    if (status < 200) {
      this.#text = this.#text.slice(end + 4);
      this.#read(socket);
      return;
    }
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const size = this.#waiting.bodiless || status === 204 || status === 304 ? 0 : length;
    if (this.#text.length < end + 4 + size) return;
    const text = this.#text.slice(end + 4, end + 4 + size);
    this.#text = '';
    if (/\r\nconnection: close/i.test(head)) {
      this.#socket = undefined;
      socket.end();
      // The rest of a body that was refused may still be on its way out.
      socket.destroySoon();
    }
    this.#settle({ status, text });
  }

  #settle(answer: Answer | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.done(answer);
  }
}
