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
export async function startGateway(settings: GatewaySettings, options: GatewayOptions = {}): Promise<Gateway> {
  const log = options.log ?? createLog(settings.log.level);
  const worker = options.worker ?? { slot: 0, of: 1 };
  const stores = await openStores(settings, worker, log, options.publisher);
  const running = new RunningGateway(settings, { ...options, log, worker, stores });
  try {
    const { url, adminUrl } = await running.start();
    return {
      url,
      ...(adminUrl !== undefined && { adminUrl }),
      unready: () => running.unready(),
      readings: () => running.readings(),
      lookUp: (id, type) => running.lookUp(id, type),
      reload: (next) => running.reload(next),
      close: (after) => running.close(after),
    };
  } catch (error) {
    await running.close();
    throw error;
  }
}

interface Parts extends GatewayOptions {
  readonly log: GatewayLog;
  readonly worker: Place;
  readonly stores: Awaited<ReturnType<typeof openStores>>;
}

class RunningGateway {
  readonly #parts: Parts;
  readonly #gate: Gate;
  readonly #rates: Rates;
  readonly #connections: Connections;
  readonly #keys: Ports['keys'];
  readonly #meter = new Meter();
  readonly #publisher: Publisher;
  readonly #traces: Traces;
  readonly #mayKeepUnverified: Ports['mayKeepUnverified'];
  #settings: GatewaySettings;
  #clients: ReturnType<typeof createClients>;
  #handler: ReturnType<typeof createApp>;
  #front: Listening | undefined;
  #back: OperatorServers | undefined;
  #renewal: Renewal | undefined;
  #closing: Promise<void> | undefined;

  constructor(settings: GatewaySettings, parts: Parts) {
    const { log, stores } = parts;
    this.#parts = parts;
    this.#settings = settings;
    this.#gate = new Gate({ ...settings.limits }, (refused, fields) =>
      log.write('warn', 'overloaded', { refused, ...fields }),
    );
    this.#clients = createClients(settings.trustedProxies);
    this.#rates = new Rates(settings.limits, this.#clients.trusts);
    this.#connections = createConnections(settings, this.#rates, log);
    this.#keys = createKeySource({ log: log.write });
    this.#publisher = this.#meter.time(stores.publisher);
    this.#traces = new Traces({
      scheme: settings.tls ? 'https' : 'http',
      system: settings.publisher.kind,
      log: log.write,
    });
    this.#mayKeepUnverified = createBudget(() => this.#shareBudget());
    this.#handler = this.#createHandler();
  }

  async start(): Promise<{ readonly url: string; readonly adminUrl?: string | undefined }> {
    const settings = this.#settings;
    const { log, operator } = this.#parts;
    await this.#traces.adapt(settings.tracing, closeLimit);
    const tls = settings.tls && (await import('./server/tls/renewal.js'));
    this.#front = await listen((request, response) => this.#handler(request, response), settings.listen, log, {
      connections: this.#connections,
      tls: settings.tls && tls?.toTexts(settings.tls),
    });
    const { url, renew } = this.#front;
    this.#renewal = settings.tls && tls?.startRenewal(settings.tls, { log, apply: renew });
    log.write('info', 'listening', { url, endpoints: settings.endpoints.length, pid: process.pid });
    const setLevel: AdminOptions['setLevel'] = (level) => (log.level = level);
    const unready = () => this.unready();
    this.#back = await startOperatorServers(settings, { ...operator, log, unready, setLevel });
    return { url, adminUrl: this.#back.adminUrl };
  }

  /** Of this worker. */
  #shareBudget(): Budget {
    const { slot, of } = this.#parts.worker;
    const { perMinute, bytesPerMinute } = this.#settings.deadLetter.unverified;
    return {
      perMinute: Math.floor((perMinute + of - 1 - slot) / of),
      bytesPerMinute: bytesPerMinute / of,
      endpoints: this.#settings.endpoints.length,
    };
  }

  #createHandler() {
    const { endpoints, limits, deadLetter } = this.#settings;
    const { log, observe, now = Date.now, stores } = this.#parts;
    const ports: Ports = {
      publisher: this.#publisher,
      dedupe: stores.dedupe,
      keys: this.#keys,
      now,
      deadLetterTopic: deadLetter.topic,
      mayKeepUnverified: this.#mayKeepUnverified,
    };
    return createApp({
      endpoints,
      limits,
      gate: this.#gate,
      clients: this.#clients,
      rates: this.#rates,
      ports,
      log,
      meter: this.#meter,
      traces: this.#traces,
      observe,
      stopping: () => this.#closing !== undefined,
    });
  }

  reload(next: GatewaySettings): void {
    const { log, stores } = this.#parts;
    this.#settings = next;
    this.#gate.limits = next.limits;
    this.#clients = createClients(next.trustedProxies);
    this.#connections.limits = limitConnections(next, log);
    this.#connections.trusts = this.#clients.trusts;
    this.#rates.limits = next.limits;
    this.#rates.trusts = this.#clients.trusts;
    if (next.tls !== undefined) this.#renewal?.use(next.tls);
    void this.#traces.adapt(next.tracing, closeLimit);
    log.level = next.log.level;
    this.#handler = this.#createHandler();
    stores.publisher.adapt?.(toAdaptable(next));
  }

  unready(): Unready | undefined {
    const { publisher, dedupe } = this.#parts.stores;
    if (this.#closing !== undefined) return 'stopping';
    if (!this.#gate.open) return 'overloaded';
    if (!publisher.ready()) return 'kafka_unavailable';
    const shared = dedupe.shared();
    return shared?.required && !shared.usable ? 'dedupe_unavailable' : undefined;
  }

  readings(): readonly Reading[] {
    const { stores, worker } = this.#parts;
    const { publisher, dedupe } = stores;
    const { inFlight, arriving } = this.#gate;
    return [
      ...this.#meter.readings(),
      ...this.#traces.readings(),
      ...collectGauges({
        inFlight,
        arriving,
        connections: this.#connections,
        certificateExpires: this.#renewal?.expires(),
        connected: publisher.connected(),
        ...publisher.status?.(),
        dedupeIds: dedupe.count(),
        dedupeUsable: dedupe.usable(),
        sharedDedupe: dedupe.shared(),
        worker: worker.slot,
        now: Date.now(),
      }),
    ];
  }

  lookUp(id: string, type: string | undefined): EventLookup {
    return lookUp(this.#parts.stores.dedupe, this.#settings.endpoints, id, type);
  }

  close(after = 0): Promise<void> {
    this.#closing ??= this.#stop(after);
    return this.#closing;
  }

  async #stop(after: number): Promise<void> {
    const { log, worker, stores } = this.#parts;
    if (after > 0) {
      log.write('info', 'stopping: requests are still taken', { shutdownDelay: after });
      await delay(after);
    }
    log.write('info', 'draining');
    const { drain } = this.#settings;
    const drained = delay(drain, undefined, { ref: false });
    await this.#front?.close(drain, after);
    this.#renewal?.stop();
    this.#gate.close();
    // What this one spools now must not be overtaken by what another one still takes.
    await Promise.race([worker.untilQuiet?.(), drained]);
    await Promise.all([stores.closeStores(), this.#traces.close(closeLimit)]);
    await this.#back?.close(adminGrace, Number.POSITIVE_INFINITY);
    log.flush();
    log.write('info', 'stopped');
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
