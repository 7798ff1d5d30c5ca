import { isIP, connect as openTcp, type Socket } from 'node:net';
import { connect as openTls } from 'node:tls';
import type { KafkaSettings } from '../../config/settings.js';
import { describeFault } from '../faults.js';
import type { Address } from './address.js';

/** Not connected yet. Throws if a certificate or key can't be read. */
export function openSocket({ host, port }: Address, tls: KafkaSettings['tls']): Socket {
  const socket = tls === undefined ? openTcp({ host, port }) : openTls({ host, port, ...configureTls(tls, host) });
  return socket.setNoDelay(true);
}

/** Resolves when it is connected, that is with TLS where it has that. Rejects with a `PublishError` or the socket's error. */
export function awaitConnected(socket: Socket, encrypted: boolean, limit: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = () => {
      reject(describeFault('CONNECTION_TIMEOUT', 'no connection in time'));
      socket.destroy();
    };
    const timer = setTimeout(late, limit).unref();
    socket.once(encrypted ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.once('error', reject);
    socket.once('close', () => {
      clearTimeout(timer);
      reject(describeFault('CONNECTION_CLOSED', 'the connection is closed'));
    });
  });
}

function configureTls({ ca, cert, key, rejectUnauthorized }: NonNullable<KafkaSettings['tls']>, host: string) {
  return {
    rejectUnauthorized,
    // A name of the host, which an address is not (RFC 6066, 3).
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key: key.reveal() }),
  };
}
