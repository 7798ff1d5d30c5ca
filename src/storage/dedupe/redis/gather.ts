import type { Client } from './client.js';

/** Milliseconds between two writes at the least. */
const interval = 2;

/**
 * Gives a function to call before each command. The commands of some milliseconds then go out in one write to each
 * connection, and their answers come in one read: with a write for each command, the system calls of a gateway under load
 * cost several times as much as all else that Redis costs. The first command after a while goes out at once.
 */
export function createGathering(client: Client): () => void {
  let gathering = false;
  let last = 0;
  return () => {
    if (gathering) return;
    gathering = true;
    // There is none before the first connection.
    const streams = ('nodes' in client ? client.nodes('master') : [client]).flatMap(({ stream }) => stream ?? []);
    for (const stream of streams) stream.cork();
    const send = () => {
      gathering = false;
      last = performance.now();
      for (const stream of streams) stream.uncork();
    };
    if (performance.now() - last < interval) setTimeout(send, interval);
    else setImmediate(send);
  };
}
