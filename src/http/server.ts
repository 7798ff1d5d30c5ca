import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Log } from '../telemetry/log.js';

/** Longer than the 60 s after which common load balancers drop an idle connection, so that they never meet a closed one. */
const keepAliveTimeout = 75_000;
const headersTimeout = 10_000;
/** A last resort: bodies have `server.limits.bodyTimeout`. */
const requestTimeout = 300_000;

export interface Listening {
  /** `http://host:port`. */
  readonly url: string;
  /** Takes no more connections; resolves when the last one has ended, at the latest after `grace` milliseconds. */
  close(grace: number): Promise<void>;
}

/** Starts a server on host and port; port 0 takes a free one. Rejects with the system's error, such as EADDRINUSE. */
export async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => unknown,
  { host, port }: { readonly host: string; readonly port: number },
  log: Log,
): Promise<Listening> {
  const server = createServer({
    keepAliveTimeout,
    headersTimeout,
    requestTimeout,
    connectionsCheckingInterval: 1_000,
  });
  server.on('request', handler);
  // The same handler: it says "continue" when it has seen that path, type and size will do.
  server.on('checkContinue', handler);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuse(error, socket, log));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${address.family === 'IPv6' ? `[${host}]` : host}:${address.port}`,
    close: (grace) => close(server, grace),
  };
}

/** What isn't HTTP, or is smuggling (two Content-Length): the answer that Node itself would give, and a log line. */
function refuse(error: NodeJS.ErrnoException, socket: Socket, log: Log): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  log.clientError(error.code ?? 'unknown');
  const statuses: { readonly [code: string]: string } = {
    HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
    ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  };
  socket.end(`HTTP/1.1 ${statuses[error.code ?? ''] ?? '400 Bad Request'}\r\nConnection: close\r\n\r\n`);
}

async function close(server: Server, grace: number): Promise<void> {
  // Node closes what is idle now; a connection that gets idle later would be kept for its time-out.
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  const timer = setTimeout(() => server.closeAllConnections(), grace);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearInterval(idle);
  clearTimeout(timer);
}
