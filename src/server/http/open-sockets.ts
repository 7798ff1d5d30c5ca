import type { Server, Socket } from 'node:net';

/** The open connections of a server. */
export class OpenSockets {
  /** Where bytes of HTTP are read from. */
  readonly #http = new Set<Socket>();
  /** Remote address and port → the TCP connection, while its TLS handshake is not over. */
  readonly #shaking = new Map<string, Socket>();

  /** Follows the connections of a server. `secure`: it speaks TLS. */
  constructor(server: Server, secure: boolean) {
    if (!secure) {
      server.on('connection', (socket: Socket) => this.#add(socket));
      return;
    }
    server.on('connection', (socket: Socket) => {
      const name = nameOf(socket);
      this.#shaking.set(name, socket);
      socket.on('close', () => {
        if (this.#shaking.get(name) === socket) this.#shaking.delete(name);
      });
    });
    // A TLS socket does not say which connection it has come of. Its other end does.
    server.on('secureConnection', (socket: Socket) => {
      this.#shaking.delete(nameOf(socket));
      this.#add(socket);
    });
  }

  /** Whether HTTP is spoken on it: without TLS at once, else after the handshake. */
  has(socket: Socket): boolean {
    return this.#http.has(socket);
  }

  /** Closes those on which no request has begun. */
  closeSilent(): void {
    for (const socket of this.#http) if (socket.bytesRead === 0) socket.destroy();
    for (const socket of this.#shaking.values()) socket.destroy();
  }

  #add(socket: Socket): void {
    this.#http.add(socket);
    socket.on('close', () => this.#http.delete(socket));
  }
}

function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
