import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import { type Socket, Server as TcpServer } from 'node:net';
import type { TlsTexts } from '../../config/certificate.js';
import { plainAddress } from '../../util/address.js';
import type { GatewayLog } from '../telemetry/log.js';
import { bind, type ListenAddress } from './bind.js';
import type { Connections, Refused } from './connections.js';
import { OpenSockets } from './open-sockets.js';

/** Longer than the 60 s after which common load balancers drop an idle connection, so that they never meet a closed one. */
const keepAliveTimeout = 75_000;
const headersTimeout = 10_000;
/** For what comes before the first head. */
const handshakeTimeout = 10_000;
/** A last resort: bodies have `server.limits.bodyTimeout`. */
const requestTimeout = 300_000;
/** Milliseconds that a client gets, from when answers say that they are the last ones of their connections, for a request that it has begun. */
const chance = 500;
/** Milliseconds between two looks at connections while the server closes. */
const sweepInterval = 20;

export interface Listening {
  /** `http://host:port`, `https://host:port` or `unix:/path`. */
  readonly url: string;
  /**
   * Takes no more connections; resolves when the last one has ended, at the latest after `grace` milliseconds. `told`: for so
   * many milliseconds each answer has been the last of its connection, as it is from now on. What has been idle for that time
   * is closed; a client that was not told yet has half a second for its next request.
   */
  close(grace: number, told?: number): Promise<void>;
  /** New handshakes get this certificate; open connections stay. Nothing happens without TLS. */
  renew(texts: TlsTexts): void;
}

export interface ListenOptions {
  /** What counts connections, and refuses; absent: there may be any number. */
  readonly connections?: Connections;
  /** Absent: plain HTTP. */
  readonly tls?: TlsTexts | undefined;
}

/** Starts a server; see `bind`. */
export async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => unknown,
  place: ListenAddress,
  log: GatewayLog,
  { connections, tls }: ListenOptions = {},
): Promise<Listening> {
  const secure = tls !== undefined;
  const limits = { keepAliveTimeout, headersTimeout, requestTimeout, connectionsCheckingInterval: 1_000 };
  const server = secure ? await createTlsServer(limits, tls) : createServer(limits);
  const sockets = new OpenSockets(server, secure);
  server.on('connection', (socket: Socket) => {
    const refused = connections?.enter(socket);
    if (refused !== undefined) turnAway(refused, socket, secure, log);
  });
  server.on('request', handler);
  // The same handler: it says "continue" when it has seen that path, type and size will do.
  server.on('checkContinue', handler);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (secure && !sockets.has(socket)) refuseHandshake(error, socket, log);
    else refuse(error, socket, log);
  });
  const url = await bind(server, place);
  server.on('error', ({ code }: NodeJS.ErrnoException) =>
    log.write('error', 'a connection cannot be accepted', { code }),
  );
  return {
    url: secure ? url.replace(/^http:/, 'https:') : url,
    close: (grace, told = 0) => close(server, sockets, grace, Math.max(0, chance - told)),
    renew(texts) {
      if ('setSecureContext' in server) server.setSecureContext(toContext(texts));
    },
  };
}

/** Only gateways that speak TLS load it. */
async function createTlsServer(limits: object, tls: TlsTexts): Promise<TlsServer> {
  const { createServer: create } = await import('node:https');
  return create({
    ...limits,
    ...toContext(tls),
    handshakeTimeout,
    requestCert: tls.clientCa !== undefined,
    rejectUnauthorized: true,
  });
}

function toContext({ cert, key, clientCa }: TlsTexts) {
  return { cert, key, ca: clientCa, minVersion: 'TLSv1.2' as const };
}

/** What is one too many gets its answer at once, whatever it was about to say; one that makes room may be in the middle of an answer. */
function turnAway({ socket, reason }: Refused, latest: Socket, secure: boolean, log: GatewayLog): void {
  log.write('warn', 'connection refused', { reason: `server.limits.${reason}`, client: addressOf(socket) });
  // Before a handshake nobody could read an answer.
  if (socket !== latest || secure) {
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

/** `authorizationError`: what is wrong with the client's certificate. */
function refuseHandshake(
  { code = 'unknown' }: NodeJS.ErrnoException,
  socket: Socket & { readonly authorizationError?: Error | string | null },
  log: GatewayLog,
): void {
  const reason = socket.authorizationError ? String(socket.authorizationError) : code;
  if (reason !== 'ECONNRESET') log.clientError('TLS handshake failed', reason, addressOf(socket));
  socket.destroy();
}

/** What isn't HTTP, or is smuggling (two Content-Length): the answer that Node itself would give, and a log line. */
function refuse(error: NodeJS.ErrnoException, socket: Socket, log: GatewayLog): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  log.clientError('request is not HTTP', error.code ?? 'unknown', addressOf(socket));
  const statuses: { readonly [code: string]: string } = {
    HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
    ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  };
  socket.end(`HTTP/1.1 ${statuses[error.code ?? ''] ?? '400 Bad Request'}\r\nConnection: close\r\n\r\n`);
}

/** `patience`: milliseconds before what is idle is closed. */
async function close(server: Server | TlsServer, sockets: OpenSockets, grace: number, patience: number): Promise<void> {
  const start = performance.now();
  // In this phase of the event loop everything that had come was just read: no request is lost in a connection that looks idle.
  const sweep = setInterval(() => setImmediate(closeIdle), sweepInterval);
  const timer = setTimeout(() => {
    server.closeAllConnections();
    sockets.closeSilent();
  }, grace);

  function closeIdle(): void {
    if (performance.now() - start < patience) return;
    server.closeIdleConnections();
    // Node does not count them as idle before their first request.
    sockets.closeSilent();
  }

  // The `close` of http would cut idle connections at once, and no longer look for heads that come too slowly.
  await new Promise<void>((resolve) => TcpServer.prototype.close.call(server, () => resolve()));
  clearInterval(sweep);
  clearTimeout(timer);
  server.close();
}
