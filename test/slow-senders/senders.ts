import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface SlowSenders {
  readonly url: string;
  readonly path: string;
  /** How many connections there are at a time; one that the gateway closes is opened again. */
  readonly connections: number;
  /** From so many addresses: 127.1.0.0, 127.1.0.1 and so on. */
  readonly addresses: number;
  /** Bytes that each sends of its body, which lacks one more. */
  readonly bytes: number;
}

/** Connections that send a head and nearly all of a body, and then wait. Stop them with the function that is returned. */
export function startSlowSenders({ url, path, connections, addresses, bytes }: SlowSenders): () => void {
  const { hostname, port } = new URL(url);
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${bytes + 1}\r\n\r\n`;
  const request = Buffer.concat([Buffer.from(head), Buffer.alloc(bytes, ' ')]);
  const sockets = new Set<Socket>();
  let stopped = false;

  function open(n: number): void {
    if (stopped) return;
    const from = n % addresses;
    const localAddress = `127.1.${from >> 8}.${from & 255}`;
    const socket = connect({ port: Number(port), host: hostname, localAddress });
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      setTimeout(() => open(n), 1_000).unref();
    });
    socket.on('data', () => undefined);
    socket.write(request);
  }

  // Over a second: a burst of so many would only show how fast this process is.
  for (let n = 0; n < connections; n++) setTimeout(() => open(n), (1_000 * n) / connections);
  return () => {
    stopped = true;
    for (const socket of sockets) socket.destroy();
  };
}

/** The same in a process of its own. */
export function spawnSlowSenders(job: SlowSenders): () => void {
  const script = fileURLToPath(new URL('process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx/esm', script, JSON.stringify(job)], { stdio: 'inherit' });
  return () => child.kill('SIGKILL');
}

export interface Measured {
  /** Status, or the error of the client → how often. */
  readonly answers: { readonly [answer: string]: number };
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
}

/** Sends one request after another for so many milliseconds, each on a connection of its own, `pause` milliseconds apart. */
export async function measureHonest(
  send: () => Promise<number | string>,
  { duration, pause }: { readonly duration: number; readonly pause: number },
): Promise<Measured> {
  const answers: { [answer: string]: number } = {};
  const times: number[] = [];
  for (const end = performance.now() + duration; performance.now() < end; ) {
    const start = performance.now();
    const answer = String(await send());
    times.push(performance.now() - start);
    answers[answer] = (answers[answer] ?? 0) + 1;
    await delay(pause);
  }
  times.sort((a, b) => a - b);
  const at = (part: number) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0);
  return { answers, p50: at(0.5), p99: at(0.99), worst: at(1) };
}

/** Posts over a connection of its own; resolves with the status or the code of the error. */
export function postOnce(url: string, head: string, body: string): Promise<number | string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ port: Number(port), host: hostname, localAddress: '127.0.0.1' });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'error'));
    socket.on('close', () => resolve('closed'));
    socket.on('data', (chunk) => {
      resolve(Number(chunk.toString('latin1').slice(9, 12)));
      socket.destroy();
    });
    socket.write(head + body);
  });
}
