import { setTimeout as delay } from 'node:timers/promises';
import type { GatewaySettings } from './config/settings.js';
import { PublishError, type Publisher } from './core/model.js';
import type { Ports } from './core/pipeline.js';
import { type Budget, createBudget } from './core/stages/budget.js';
import { type Adaptable, createPublisher, type GatewayPublisher } from './publish/create.js';
import type { AdminOptions, Unready } from './server/http/admin.js';
import { createApp } from './server/http/app.js';
import { createClients } from './server/http/client.js';
import { type ConnectionLimits, Connections } from './server/http/connections.js';
import { Gate } from './server/http/gate.js';
import type { DeliveryObserver } from './server/http/observer.js';
import { fitConnections, readOpenFilesLimit } from './server/http/open-files.js';
import { type OperatorServers, startOperatorServers } from './server/http/operator-servers.js';
import { Rates } from './server/http/rates.js';
import { type Listening, listen } from './server/http/server.js';
import { createKeySource } from './server/keys/source.js';
import { createLog, type GatewayLog } from './server/telemetry/log.js';
import { Meter } from './server/telemetry/meter.js';
import type { Reading } from './server/telemetry/metrics.js';
import { collectGauges } from './server/telemetry/observe.js';
import { Traces } from './server/telemetry/traces.js';
import type { Renewal } from './server/tls/renewal.js';
import { type EventLookup, lookUp } from './storage/dedupe/lookup.js';
import { openDedupe } from './storage/dedupe/open.js';
import { type Lock, lockFolder } from './storage/disk/lock.js';
import type { Peers } from './storage/spool/peers.js';
import { realClock } from './util/clock.js';

/** Milliseconds that stores and connections have to close in, after `server.drain`; and that whoever asks the admin server at its end has for his answer. */
const closeLimit = 4_000;
const adminGrace = 500;

export interface GatewayOptions {
  readonly log?: GatewayLog;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Instead of the one that the settings describe. */
  readonly publisher?: Publisher;
  /** Which of how many processes with the same settings this is, counted from 0; absent: the only one. */
  readonly worker?: Place;
  /** Is told of every request. */
  readonly observe?: DeliveryObserver | undefined;
  /** What the admin server says beside the state and the log's level. */
  readonly operator?: Omit<AdminOptions, 'unready' | 'log' | 'setLevel' | 'access'>;
}

/** One of the processes of a gateway. */
interface Place {
  readonly slot: number;
  readonly of: number;
  /** The way to the others. */
  readonly peers?: Peers;
  /** At the end: resolves when none of them takes requests any more. */
  untilQuiet?(): Promise<void>;
}

export interface Gateway {
  /** `http://host:port`, the port that was really taken. */
  readonly url: string;
  readonly adminUrl?: string;
  /** Why a webhook would not be taken; absent: it would. */
  unready(): Unready | undefined;
  /** What was measured, of this process. */
  readings(): readonly Reading[];
  /** Where an event lies that was published within the dedupe window. */
  lookUp(id: string, type?: string): EventLookup;
  /**
   * New requests meet these settings, those in flight end with the old ones. What is bound to sockets and stores stays:
   * `listen`, `admin`, `publisher`.
   */
  reload(settings: GatewaySettings): void;
  /**
   * Is not ready from now on, and each answer is the last of its connection. After `delay` milliseconds it takes no more
   * requests, finishes those in flight, and flushes what is queued, at the latest 4 s after `server.drain`. The admin server
   * answers until the end.
   */
  close(delay?: number): Promise<void>;
}

/** Joins the rooms and starts. It serves even while Kafka is unavailable; `/ready` on the admin port tells. */
export async function startGateway(first: GatewaySettings, options: GatewayOptions = {}): Promise<Gateway> {
  const log = options.log ?? createLog(first.log.level);
  const worker: Place = options.worker ?? { slot: 0, of: 1 };
  const { publisher, dedupe, closeStores } = await openStores(first, worker, log, options.publisher);
  const gate = new Gate({ ...first.limits }, (refused, fields) =>
    log.write('warn', 'overloaded', { refused, ...fields }),
  );
  let clients = createClients(first.trustedProxies);
  const rates = new Rates(first.limits, clients.trusts);
  const connections = createConnections(first, rates, log);
  const keys = createKeySource({ log: log.write });
  const meter = new Meter();
  const timed = meter.time(publisher);
  const traces = new Traces({ scheme: first.tls ? 'https' : 'http', system: first.publisher.kind, log: log.write });
  await traces.adapt(first.tracing, closeLimit);
  let front: Listening | undefined;
  let back: OperatorServers | undefined;
  let renewal: Renewal | undefined;
  let settings = first;
  let closing: Promise<void> | undefined;
  const mayKeepUnverified = createBudget(shareBudget);
  let ports = createPorts();
  let handler = createHandler();

  function createPorts(): Ports {
    const now = options.now ?? Date.now;
    return { publisher: timed, dedupe, keys, now, deadLetterTopic: settings.deadLetter.topic, mayKeepUnverified };
  }

  /** Of this worker. */
  function shareBudget(): Budget {
    const { perMinute, bytesPerMinute } = settings.deadLetter.unverified;
    return {
      perMinute: Math.floor((perMinute + worker.of - 1 - worker.slot) / worker.of),
      bytesPerMinute: bytesPerMinute / worker.of,
      endpoints: settings.endpoints.length,
    };
  }

  function createHandler() {
    const { endpoints, limits } = settings;
    return createApp({
      endpoints,
      limits,
      gate,
      clients,
      rates,
      ports,
      log,
      meter,
      traces,
      observe: options.observe,
      stopping: () => closing !== undefined,
    });
  }

  function reload(next: GatewaySettings): void {
    settings = next;
    gate.limits = next.limits;
    clients = createClients(next.trustedProxies);
    connections.limits = limitConnections(next, log);
    connections.trusts = clients.trusts;
    rates.limits = next.limits;
    rates.trusts = clients.trusts;
    if (next.tls !== undefined) renewal?.use(next.tls);
    void traces.adapt(next.tracing, closeLimit);
    log.level = next.log.level;
    ports = createPorts();
    handler = createHandler();
    publisher.adapt?.(toAdaptable(next));
  }

  function unready(): Unready | undefined {
    if (closing !== undefined) return 'stopping';
    if (!gate.open) return 'overloaded';
    if (!publisher.ready()) return 'kafka_unavailable';
    const shared = dedupe.shared();
    return shared?.required && !shared.usable ? 'dedupe_unavailable' : undefined;
  }

  function readings(): readonly Reading[] {
    const { inFlight, arriving } = gate;
    const memory = { dedupeIds: dedupe.count(), dedupeUsable: dedupe.usable(), sharedDedupe: dedupe.shared() };
    const stores = { connected: publisher.connected(), ...publisher.status?.(), ...memory };
    return [
      ...meter.readings(),
      ...traces.readings(),
      ...collectGauges({
        inFlight,
        arriving,
        connections,
        certificateExpires: renewal?.expires(),
        ...stores,
        worker: worker.slot,
        now: Date.now(),
      }),
    ];
  }

  function close(after = 0): Promise<void> {
    closing ??= stop(after);
    return closing;
  }

  async function stop(after: number): Promise<void> {
    if (after > 0) {
      log.write('info', 'stopping: requests are still taken', { shutdownDelay: after });
      await delay(after);
    }
    log.write('info', 'draining');
    const drained = delay(settings.drain, undefined, { ref: false });
    await front?.close(settings.drain, after);
    renewal?.stop();
    gate.close();
    // What this one spools now must not be overtaken by what another one still takes.
    await Promise.race([worker.untilQuiet?.(), drained]);
    await Promise.all([closeStores(), traces.close(closeLimit)]);
    await back?.close(adminGrace, Number.POSITIVE_INFINITY);
    log.flush();
    log.write('info', 'stopped');
  }

  try {
    const tls = first.tls && (await import('./server/tls/renewal.js'));
    front = await listen((request, response) => handler(request, response), first.listen, log, {
      connections,
      tls: first.tls && tls?.toTexts(first.tls),
    });
    renewal = first.tls && tls?.startRenewal(first.tls, { log, apply: front.renew });
    log.write('info', 'listening', { url: front.url, endpoints: first.endpoints.length, pid: process.pid });
    const setLevel: AdminOptions['setLevel'] = (level) => (log.level = level);
    back = await startOperatorServers(first, { ...options.operator, log, unready, setLevel });
    const { adminUrl } = back;
    const find: Gateway['lookUp'] = (id, type) => lookUp(dedupe, settings.endpoints, id, type);
    return {
      url: front.url,
      ...(adminUrl !== undefined && { adminUrl }),
      unready,
      readings,
      lookUp: find,
      reload,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function createConnections(settings: GatewaySettings, rates: Rates, log: GatewayLog): Connections {
  const admits = (address: string) => settings.tls === undefined || rates.enterHandshake(address, performance.now());
  return new Connections(limitConnections(settings, log), rates.trusts, admits);
}

/** No more than the system lets this process have: at its limit of open files nothing works any more, and the system says nothing. */
function limitConnections({ limits }: GatewaySettings, log: GatewayLog): ConnectionLimits {
  const openFiles = readOpenFilesLimit();
  const connections = fitConnections(limits.connections, openFiles);
  if (connections < limits.connections) {
    log.write('warn', 'fewer connections than server.limits.connections: raise the limit of open files (ulimit -n)', {
      openFiles,
      connections,
      'server.limits.connections': limits.connections,
    });
  }
  return { connections, connectionsPerAddress: limits.connectionsPerAddress };
}

function toAdaptable({ topics, deadLetter, limits }: GatewaySettings): Adaptable {
  return { topics, deadLetterTopic: deadLetter.topic, largest: limits.body };
}

/** Rejects with a `PublishError` if another gateway has the folder; one that cannot be used at all is the window's to report. */
async function lockWindow(dedupe: GatewaySettings['dedupe'], log: GatewayLog): Promise<Lock | undefined> {
  if (dedupe === undefined) return undefined;
  try {
    return await lockFolder(dedupe.dir, log.write);
  } catch (error) {
    if (error instanceof PublishError) throw error;
    return undefined;
  }
}

/** What records go to, and what remembers them. */
async function openStores(
  settings: GatewaySettings,
  { slot, of, peers }: Place,
  log: GatewayLog,
  given: Publisher | undefined,
) {
  const options = { ...toAdaptable(settings), log: log.write, slot, slots: of, peers };
  // The workers of one gateway share the window; the first one holds it against other gateways.
  const lock = slot === 0 ? await lockWindow(settings.dedupe, log) : undefined;
  const { publisher, dedupe } = await open().catch(async (error: unknown) => {
    await lock?.release();
    throw error;
  });

  async function open() {
    const way: GatewayPublisher = given ?? (await createPublisher(settings.publisher, options));
    const memory = await openDedupe(settings.dedupe, { shared: of > 1, clock: realClock, log: log.write });
    return { publisher: way, dedupe: memory };
  }

  async function closeStores(): Promise<void> {
    const timer = new AbortController();
    const closing = publisher
      .close()
      .then(() => dedupe.close())
      .then(() => lock?.release());
    const late = delay(closeLimit, undefined, timer).then(
      () => log.write('error', 'connections to Kafka did not close in time'),
      () => undefined,
    );
    await Promise.race([closing.finally(() => timer.abort()), late]);
  }

  return { publisher, dedupe, closeStores };
}
