import { isIP, connect as openTcp, Socket } from 'node:net';
import { connect as openTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';

/** The sockets of one kafkajs instance: kafkajs itself waits for answers that may never come. */
export interface Sockets {
  readonly open: ISocketFactory;
  /**
   * Ends every connection at once; whatever waits for an answer fails. Brokers that had not said a word are passed over
   * for a while: kafkajs takes another of its list only if a connection fails, not if it is silent.
   */
  cut(): void;
  /** The same, and none is opened again. */
  close(): void;
}

/** Milliseconds. */
const keepAliveDelay = 60_000;
const avoidance = 2_000;

export function trackSockets(): Sockets {
  const silent = new Map<Socket, string>();
  const sockets = new Set<Socket>();
  const avoided = new Set<string>();
  let closed = false;

  function cut(): void {
    for (const address of silent.values()) {
      avoided.add(address);
      setTimeout(() => avoided.delete(address), avoidance).unref();
    }
    for (const socket of sockets) socket.destroy(new Error('the connection is given up'));
  }

  function refuse(): Socket {
    const socket = new Socket();
    setImmediate(() => socket.destroy(new Error('the broker did not answer a moment ago')));
    return socket;
  }

  return {
    open({ host, port, ssl, onConnect }) {
      const address = `${host}:${port}`;
      if (closed || avoided.has(address)) return refuse();
      const name = isIP(host) ? {} : { servername: host };
      const socket = ssl ? openTls({ host, port, ...name, ...ssl }, onConnect) : openTcp({ host, port }, onConnect);
      socket.setKeepAlive(true, keepAliveDelay);
      socket.setNoDelay(true);
      sockets.add(socket);
      silent.set(socket, address);
      socket.once('data', () => silent.delete(socket));
      socket.once('close', () => {
        sockets.delete(socket);
        silent.delete(socket);
      });
      return socket;
    },
    cut,
    close() {
      closed = true;
      cut();
    },
  };
}
