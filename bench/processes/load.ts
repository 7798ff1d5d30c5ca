/** The sender, a process of its own: takes jobs from its parent, one at a time, and answers with what it measured. */
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createRequests, type NextRequest } from '../events.js';
import { readCpuSeconds } from '../process-tree.js';

export interface LoadJob {
  readonly url: string;
  /** The processes whose CPU is measured. */
  readonly pids: readonly number[];
  readonly connections: number;
  /** To get warm first: so many accepted, in `patience` milliseconds at the most. */
  readonly warm: number;
  readonly patience: number;
  /** Milliseconds to measure. */
  readonly window: number;
  /** Requests per second, sent when they are due, however long the answers take; absent: as fast as answered. */
  readonly rate?: number;
  /** Paths that are posted to in turn; absent: that of the Stripe endpoint. */
  readonly targets?: readonly string[];
  /** Connections beside, each of which sends one webhook and then stays open. */
  readonly idle?: number;
}

export interface LoadResult {
  /** In the window. */
  readonly accepted: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Milliseconds, from when the request was due to the end of its answer. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** With 200, before the window. */
  readonly acceptedBefore: number;
  /** With 200, the time to get warm included. */
  readonly acceptedInAll: number;
  /** Other answers and broken connections: reason → how many. */
  readonly failed: { readonly [reason: string]: number };
}

/** `status` is the answer's, or why the connection broke. */
type OnAnswer = (connection: Connection, status: string, latency: number) => void;

class Connection {
  readonly #socket: Socket;
  readonly #next: NextRequest;
  readonly #onAnswer: OnAnswer;
  #dueAt = 0;
  #text = '';

  constructor(socket: Socket, next: NextRequest, onAnswer: OnAnswer) {
    this.#socket = socket.setNoDelay(true);
    this.#next = next;
    this.#onAnswer = onAnswer;
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => onAnswer(this, error.code ?? 'error', 0));
    socket.on('end', () => onAnswer(this, 'closed', 0));
  }

  send(dueAt: number): void {
    this.#dueAt = dueAt;
    this.#socket.write(this.#next());
  }

  close(): void {
    this.#socket.removeAllListeners('end').destroy();
  }

  #take(chunk: Buffer): void {
    this.#text += chunk.toString('latin1');
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#text)?.[1];
    // Only what closes the connection has no Content-Length.
    if (this.#text.length < end + 4 + Number(length ?? 0)) return;
    const status = this.#text.slice(9, 12);
    this.#text = '';
    this.#onAnswer(this, status, performance.now() - this.#dueAt);
  }
}

async function open(
  { url, targets }: LoadJob,
  connections: number,
  onAnswer: OnAnswer,
  onOpen: (connection: Connection) => Promise<void> | void = () => undefined,
): Promise<Connection[]> {
  const { hostname, port, host } = new URL(url);
  const next = createRequests(host, targets);
  const opened: Connection[] = [];
  for (let index = 0; index < connections; index++) {
    const socket = connect(Number(port), hostname);
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    const connection = new Connection(socket, next, onAnswer);
    opened.push(connection);
    await onOpen(connection);
  }
  return opened;
}

async function run(job: LoadJob): Promise<LoadResult> {
  const { pids, warm, patience, window, rate } = job;
  const failed: { [reason: string]: number } = {};
  const latencies: number[] = [];
  let acceptedInAll = 0;
  let busy = 0;
  let measuring = false;
  let stopping = false;
  const idle: Connection[] = [];
  /** When the requests that found no idle connection were due. */
  const overdue: number[] = [];

  function onAnswer(connection: Connection, status: string, latency: number): void {
    busy--;
    if (status === '200') {
      acceptedInAll++;
      if (measuring) latencies.push(latency);
    } else {
      failed[status] = (failed[status] ?? 0) + 1;
      if (!/^\d/.test(status)) return;
    }
    if (stopping) return;
    const dueAt = rate === undefined ? performance.now() : overdue.shift();
    if (dueAt === undefined) idle.push(connection);
    else send(connection, dueAt);
  }
  function send(connection: Connection, dueAt: number): void {
    busy++;
    connection.send(dueAt);
  }

  // A connection that says nothing for 10 s is closed: each sends before the next is opened.
  const idlers = await open(
    job,
    job.idle ?? 0,
    () => busy--,
    (connection) => {
      send(connection, 0);
      return until(() => busy === 0);
    },
  );
  acceptedInAll += idlers.length;
  const connections = await open(job, job.connections, onAnswer);
  const ticker = rate === undefined ? undefined : sendAtRate(rate, idle, overdue, send);
  if (rate === undefined) for (const connection of connections) send(connection, performance.now());
  else idle.push(...connections);
  const begin = performance.now();
  while (acceptedInAll < warm && performance.now() - begin < patience) await delay(10);
  const acceptedBefore = acceptedInAll;
  measuring = true;
  const start = performance.now();
  const cpu = readCpuSeconds(pids);
  await delay(window);
  measuring = false;
  const cpuSeconds = readCpuSeconds(pids) - cpu;
  const seconds = (performance.now() - start) / 1000;
  stopping = true;
  clearInterval(ticker);
  await until(() => busy === 0);
  for (const connection of [...connections, ...idlers]) connection.close();
  if (busy > 0) failed.unanswered = busy;
  const accepted = latencies.length;
  return { accepted, seconds, cpuSeconds, ...summarize(latencies), acceptedBefore, acceptedInAll, failed };
}

/** At the latest after 10 s. */
async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!isSo() && performance.now() < end) await new Promise(setImmediate);
}

/** Each millisecond, as many as are due by then. */
function sendAtRate(
  rate: number,
  idle: Connection[],
  overdue: number[],
  send: (connection: Connection, dueAt: number) => void,
): NodeJS.Timeout {
  const start = performance.now();
  let sent = 0;
  return setInterval(() => {
    for (; sent < ((performance.now() - start) / 1000) * rate; sent++) {
      const dueAt = start + (sent / rate) * 1000;
      const connection = idle.shift();
      if (connection === undefined) overdue.push(dueAt);
      else send(connection, dueAt);
    }
  }, 1);
}

function summarize(latencies: readonly number[]): { p50: number; p99: number; p999: number } {
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}

process.on('message', (job: LoadJob) => {
  run(job).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
