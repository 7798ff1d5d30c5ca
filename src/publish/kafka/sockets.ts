import { isIP, connect as openTcp, type Socket } from 'node:net';
import { connect as openTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';

/** The sockets of one kafkajs instance, so that they can be cut: kafkajs itself waits for answers that may never come. */
export interface Sockets {
  readonly open: ISocketFactory;
  /** Ends every connection at once and lets none be opened again; whatever waits for an answer fails. */
  cut(): void;
}

const keepAliveDelay = 60_000;

export function trackSockets(): Sockets {
  const sockets = new Set<Socket>();
  let isCut = false;
  return {
    open({ host, port, ssl, onConnect }) {
      if (isCut) throw new Error('these connections are given up');
      const name = isIP(host) ? {} : { servername: host };
      const socket = ssl ? openTls({ host, port, ...name, ...ssl }, onConnect) : openTcp({ host, port }, onConnect);
      socket.setKeepAlive(true, keepAliveDelay);
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      return socket;
    },
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy(new Error('the connection is given up'));
    },
  };
}
