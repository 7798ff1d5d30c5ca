import { request as send } from 'node:https';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { TlsTexts } from '../../src/config/certificate.js';
import { certify, type Identity } from '../unit/server/keys/certificate.js';

/** A certificate for localhost and its key, PEM. */
export function pair(wanted: Partial<Parameters<typeof certify>[0]> = {}): TlsTexts & { readonly identity: Identity } {
  const identity = certify({ name: 'localhost', ...wanted });
  return { cert: identity.cert, key: keyText(identity), identity };
}

function keyText({ key }: Identity): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Connects and shakes hands; rejects with the code of the fault. The server's certificate is not checked. */
export function shake(url: string, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false, ...options });
    socket.on('secureConnect', () => resolve(socket)).on('error', reject);
    socket.on('close', () => reject(new Error('closed')));
  });
}

/** One request on a connection of its own: the status, or the code of the fault. */
export function ask(url: string, options: ConnectionOptions = {}): Promise<number | string> {
  return new Promise((resolve) => {
    const request = send(url, { agent: false, rejectUnauthorized: false, ...options }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    });
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).end();
  });
}

/** SHA-256 of the certificate that the server shows. */
export async function shownBy(url: string): Promise<string> {
  const socket = await shake(url);
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}
