import { connect } from 'node:net';

export interface LoadResult {
  /** Status → answers. */
  readonly answers: { readonly [status: string]: number };
  /** Connections that were cut or refused, and not by an answer that said it was the last. */
  readonly failed: number;
  readonly seconds: number;
  /** Milliseconds, of the answers with 200. */
  readonly latencies: readonly number[];
}

/** So many connections, each of which sends again as soon as it has its answer, for some milliseconds. */
export async function runClosedLoop(
  url: string,
  { connections, duration, makeRequest }: { connections: number; duration: number; makeRequest: () => string },
): Promise<LoadResult> {
  const { hostname, port } = new URL(url);
  const answers: { [status: string]: number } = {};
  const latencies: number[] = [];
  const start = performance.now();
  let failed = 0;

  function run(): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect(Number(port), hostname);
      let text = '';
      let sentAt = 0;
      let over = false;
      function send(): void {
        if (performance.now() - start > duration) {
          socket.end();
          return;
        }
        sentAt = performance.now();
        socket.write(makeRequest());
      }
      socket.on('connect', send).on('data', (chunk) => {
        text += chunk.toString('latin1');
        const end = text.indexOf('\r\n\r\n');
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
        if (end < 0 || text.length < end + 4 + length) return;
        const status = text.slice(9, 12);
        const last = /connection: close/i.test(text.slice(0, end));
        answers[status] = (answers[status] ?? 0) + 1;
        if (status === '200') latencies.push(performance.now() - sentAt);
        text = '';
        if (last) {
          over = true;
          socket.end();
        } else {
          send();
        }
      });
      const finish = (cut: boolean) => {
        if (cut && !over) failed++;
        over = true;
        resolve();
      };
      socket
        .on('error', () => finish(true))
        .on('close', () => finish(sentAt > 0 && performance.now() - start <= duration));
    });
  }

  await Promise.all(Array.from({ length: connections }, run));
  return { answers, failed, seconds: (performance.now() - start) / 1000, latencies };
}
