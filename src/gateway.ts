import type { Settings } from './config/settings.js';
import { createAdminApp } from './http/admin.js';
import { createApp } from './http/app.js';
import { type Listening, listen } from './http/server.js';
import type { Publisher } from './model.js';
import { createPublisher } from './publish/create.js';
import { createBudget } from './stages/budget.js';
import { createLog, type Log } from './telemetry/log.js';

export interface GatewayOptions {
  readonly log?: Log;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Instead of the one that the settings describe. */
  readonly publisher?: Publisher;
}

export interface Gateway {
  /** `http://host:port`, the port that was really taken. */
  readonly url: string;
  readonly adminUrl?: string;
  /** Takes no more requests, finishes those in flight, flushes what is queued; at the latest after `server.drain`. */
  close(): Promise<void>;
}

/** Joins the rooms and starts. It serves even while Kafka is away; `/ready` on the admin port tells. */
export async function startGateway(settings: Settings, options: GatewayOptions = {}): Promise<Gateway> {
  const log = options.log ?? createLog(settings.log.level);
  const now = options.now ?? Date.now;
  const publisher =
    options.publisher ?? (await createPublisher(settings.publisher, { topics: settings.topics, log: log.write }));
  let stopping = false;
  const app = createApp({
    endpoints: settings.endpoints,
    limits: settings.limits,
    ports: {
      publisher,
      now,
      deadLetterTopic: settings.deadLetter.topic,
      mayKeepUnverified: createBudget(settings.deadLetter.unverifiedPerMinute),
    },
    log,
    stopping: () => stopping,
  });
  const servers: Listening[] = [];

  async function close(): Promise<void> {
    stopping = true;
    log.write('info', 'draining');
    await Promise.all(servers.map((server) => server.close(settings.drain)));
    await publisher.close();
    log.write('info', 'stopped');
  }

  try {
    const front = await listen(app.callback(), settings.listen, log);
    servers.push(front);
    log.write('info', 'listening', { url: front.url, endpoints: settings.endpoints.length });
    if (settings.admin === undefined) return { url: front.url, close };
    const admin = createAdminApp({ log, ready: () => !stopping && publisher.ready() });
    const back = await listen(admin.callback(), settings.admin.listen, log);
    servers.push(back);
    return { url: front.url, adminUrl: back.url, close };
  } catch (error) {
    await close();
    throw error;
  }
}
