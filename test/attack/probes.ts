import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** More than one address may have. */
const flood = 1_200;
/** What it may, and milliseconds until the others must be gone: sooner than connections that say nothing are closed. */
const allowed = 1_024;
const floodTime = 8_000;
/** Milliseconds. */
const mostSlow = 18_000;

function open(url: string, localAddress: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, localAddress });
  socket.on('error', () => undefined);
  socket.resume();
  return socket;
}

/** Resolves with how many connections of one address are left open. */
export async function countConnections(url: string): Promise<number> {
  const sockets = Array.from({ length: flood }, () => open(url, '127.3.0.1'));
  const count = () => sockets.filter((socket) => !socket.destroyed && !socket.readableEnded).length;
  const start = performance.now();
  while (count() > allowed && performance.now() - start < floodTime) await delay(100);
  const left = count();
  for (const socket of sockets) socket.destroy();
  return left;
}

/** Resolves with the seconds after which a body is given up of which a byte comes now and then. */
export async function waitForSlowBody(url: string, path: string): Promise<number> {
  const socket = open(url, '127.3.0.2');
  const start = performance.now();
  const passed = () => performance.now() - start;
  socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n`);
  while (!socket.destroyed && !socket.readableEnded && passed() < mostSlow) {
    socket.write(' ');
    await delay(200);
  }
  socket.destroy();
  return passed() / 1000;
}
