import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Socket, Server as TcpServer } from 'node:net';
import { plainAddress } from '../address.js';
import type { Log } from '../telemetry/log.js';
import { bind, type Place } from './bind.js';
import type { Connections, Refused } from './connections.js';

/** Longer than the 60 s after which common load balancers drop an idle connection, so that they never meet a closed one. */
const keepAliveTimeout = 75_000;
const headersTimeout = 10_000;
/** A last resort: bodies have `server.limits.bodyTimeout`. */
const requestTimeout = 300_000;
/** Milliseconds that a client gets, from when answers say that they are the last ones of their connections, for a request that it has begun. */
const chance = 500;
/** Milliseconds between two looks at connections while the server closes. */
const sweepInterval = 20;

export interface Listening {
  /** `http://host:port` or `unix:/path`. */
  readonly url: string;
  /**
   * Takes no more connections; resolves when the last one has ended, at the latest after `grace` milliseconds. `told`: for so
   * many milliseconds each answer has been the last of its connection, as it is from now on. What has been idle for that time
   * is closed; a client that was not told yet has half a second for its next request.
   */
  close(grace: number, told?: number): Promise<void>;
}

/** Starts a server; see `bind`. `connections`: what counts them, and refuses; absent: there may be any number. */
export async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => unknown,
  place: Place,
  log: Log,
  connections?: Connections,
): Promise<Listening> {
  const server = createServer({
    keepAliveTimeout,
    headersTimeout,
    requestTimeout,
    connectionsCheckingInterval: 1_000,
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    const refused = connections?.enter(socket);
    if (refused !== undefined) turnAway(refused, socket, log);
  });
  server.on('request', handler);
  // The same handler: it says "continue" when it has seen that path, type and size will do.
  server.on('checkContinue', handler);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuse(error, socket, log));
  const url = await bind(server, place);
  server.on('error', ({ code }: NodeJS.ErrnoException) =>
    log.write('error', 'a connection cannot be accepted', { code }),
  );
  return {
    url,
    close: (grace, told = 0) => close(server, sockets, grace, Math.max(0, chance - told)),
  };
}

/** What is one too many gets its answer at once, whatever it was about to say; one that makes room may be in the middle of an answer. */
function turnAway({ socket, reason }: Refused, latest: Socket, log: Log): void {
  log.write('warn', 'connection refused', { reason: `server.limits.${reason}`, client: addressOf(socket) });
  if (socket !== latest) {
    socket.destroy();
    return;
  }
  socket.on('error', () => undefined);
  socket.write('HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  socket.destroySoon();
}

function addressOf(socket: Socket): string | undefined {
  return socket.remoteAddress === undefined ? undefined : plainAddress(socket.remoteAddress);
}

/** What isn't HTTP, or is smuggling (two Content-Length): the answer that Node itself would give, and a log line. */
function refuse(error: NodeJS.ErrnoException, socket: Socket, log: Log): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  log.clientError(error.code ?? 'unknown', addressOf(socket));
  const statuses: { readonly [code: string]: string } = {
    HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
    ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  };
  socket.end(`HTTP/1.1 ${statuses[error.code ?? ''] ?? '400 Bad Request'}\r\nConnection: close\r\n\r\n`);
}

/** `patience`: milliseconds before what is idle is closed. */
async function close(server: Server, sockets: ReadonlySet<Socket>, grace: number, patience: number): Promise<void> {
  const start = performance.now();
  // In this phase of the event loop everything that had come was just read: no request is lost in a connection that looks idle.
  const sweep = setInterval(() => setImmediate(closeIdle), sweepInterval);
  const timer = setTimeout(() => server.closeAllConnections(), grace);

  function closeIdle(): void {
    if (performance.now() - start < patience) return;
    server.closeIdleConnections();
    // Node does not count them as idle before their first request.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  }

  // The `close` of http would cut idle connections at once, and no longer look for heads that come too slowly.
  await new Promise<void>((resolve) => TcpServer.prototype.close.call(server, () => resolve()));
  clearInterval(sweep);
  clearTimeout(timer);
  server.close();
}
