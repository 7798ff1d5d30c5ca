import { chmodSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { privateFile, privateFolder } from '../../util/file-modes.js';

export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/**
 * Binds a server to host and port, port 0 takes a free one, or to a Unix socket, which only the user of this process can
 * open. Resolves to `http://host:port` or `unix:/path`; rejects with the system's error, such as EADDRINUSE.
 */
export async function bind(server: Server, place: ListenAddress): Promise<string> {
  if ('path' in place) return bindSocket(server, place.path);
  const { host, port } = place;
  await start(server, () => server.listen(port, host));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server with a port has no address');
  return `http://${address.family === 'IPv6' ? `[${host}]` : host}:${address.port}`;
}

async function bindSocket(server: Server, path: string): Promise<string> {
  mkdirSync(dirname(path), { recursive: true, mode: privateFolder });
  // A process that was killed leaves its socket behind.
  if (isSocket(path) && !(await isAnswered(path))) rmSync(path, { force: true });
  await start(server, () => server.listen({ path }));
  chmodSync(path, privateFile);
  return `unix:${path}`;
}

function start(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', resolve);
    listen();
  });
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
