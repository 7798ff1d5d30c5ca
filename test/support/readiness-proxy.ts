import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Backend {
  readonly url: string;
  readonly adminUrl: string;
}

export interface ReadinessProxy {
  /** Where it listens. Its answers say in `x-backend` which of the backends got the request. */
  readonly url: string;
  /** Which of the backends it would send a request to, by their index. */
  ready(): readonly number[];
  /** Why it had to answer with 502 or 503, in order. */
  readonly faults: readonly string[];
  close(): void;
}

interface Target extends Backend {
  readonly agent: Agent;
  ready: boolean;
}

/**
 * A load balancer as simple as they come: it asks `/ready` of each backend every `interval` milliseconds, gives each request to
 * the next one that said 200, and never sends a request twice. Of two requests one goes over a connection that is kept.
 */
export async function startProxy(backends: readonly Backend[], interval: number): Promise<ReadinessProxy> {
  const targets: Target[] = backends.map((backend) => ({
    ...backend,
    agent: new Agent({ keepAlive: true }),
    ready: false,
  }));
  const faults: string[] = [];
  let turn = 0;

  async function look(target: Target): Promise<void> {
    const signal = AbortSignal.timeout(interval);
    target.ready = await fetch(`${target.adminUrl}/ready`, { signal }).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.status === 200;
      },
      () => false,
    );
  }

  function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const able = targets.filter(({ ready }) => ready);
    const target = able[turn % able.length];
    const kept = Math.floor(turn / Math.max(1, able.length)) % 2 === 0;
    turn++;
    if (target === undefined) {
      fail(outgoing, 503, 'no backend is ready');
      return;
    }
    const backend = { 'x-backend': String(targets.indexOf(target)) };
    const { method, headers, url } = incoming;
    const { connection: _, host: __, ...passed } = headers;
    const options = { method, headers: passed, agent: kept ? target.agent : false };
    const onward = request(`${target.url}${url}`, options, (answer) => {
      if (answer.statusCode === 503) faults.push('a backend answered 503');
      outgoing.writeHead(answer.statusCode ?? 502, { 'content-type': 'application/json', ...backend });
      answer.pipe(outgoing);
      answer.once('close', () => answer.complete || outgoing.destroy());
    });
    onward.on('error', (error: NodeJS.ErrnoException) => {
      fail(outgoing, 502, `${error.code}${onward.reusedSocket ? ' on a connection that was kept' : ''}`, backend);
    });
    incoming.pipe(onward);
  }

  function fail(outgoing: ServerResponse, status: number, reason: string, headers = {}): void {
    faults.push(reason);
    outgoing.writeHead(status, headers).end();
  }

  await Promise.all(targets.map(look));
  const timer = setInterval(() => {
    for (const target of targets) void look(target);
  }, interval);
  const server = createServer(forward);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    ready: () => targets.flatMap(({ ready }, index) => (ready ? [index] : [])),
    faults,
    close() {
      clearInterval(timer);
      for (const { agent } of targets) agent.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
}
