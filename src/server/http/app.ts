import { randomUUID } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeader, ServerResponse } from 'node:http';
import type { Context } from 'koa';
import type { Delivery, Endpoint } from '../../core/model.js';
import { handle, type Ports } from '../../core/pipeline.js';
import { Rejection, type RejectionDetails } from '../../core/rejection.js';
import { closestPath } from '../../diagnostics/closest.js';
import { plainAddress, senderOf } from '../../util/address.js';
import { createMatcher } from '../../util/networks.js';
import type { DeliveryTrace } from '../telemetry/delivery-trace.js';
import type { GatewayLog } from '../telemetry/log.js';
import type { Meter } from '../telemetry/meter.js';
import type { Traces } from '../telemetry/traces.js';
import { admit } from './admit.js';
import { type Answer, answerOutcome, answerRejection } from './answer.js';
import { type BodyLimits, bodyPending, discardBody, isSmall, readBody } from './body.js';
import type { Clients } from './client.js';
import type { Gate } from './gate.js';
import { compose, Koa, Router } from './koa.js';
import type { DeliveryObserver } from './observer.js';
import type { Rates } from './rates.js';

export interface AppOptions {
  readonly endpoints: readonly Endpoint[];
  readonly limits: BodyLimits;
  readonly gate: Gate;
  readonly clients: Clients;
  readonly rates: Rates;
  readonly ports: Ports;
  readonly log: GatewayLog;
  readonly meter: Meter;
  readonly traces?: Pick<Traces, 'current'>;
  readonly observe?: DeliveryObserver | undefined;
  /** True once the gateway is stopping: connections are then closed after the answer. */
  readonly stopping: () => boolean;
}

/**
 * The public side: `/health` and a path for each endpoint, with and without a trailing slash. Koa's own callback isn't used:
 * it gives every response a listener for its end and an answer from `context.body`; nobody here needs them, and they are 3 %
 * of what a webhook costs.
 */
export function createApp(options: AppOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const app = new Koa();
  const endpoints = new Map(
    options.endpoints.map((endpoint) => [endpoint.path, { endpoint, ...matchAllowed(endpoint) }]),
  );
  const router = new Router();
  router.get('/health', (context) => send(context, health, options.stopping()));
  app.use(async (context, next) => {
    // One look-up, however many endpoints there are.
    const path = pathOf(context.req.url ?? '/');
    const found = endpoints.get(path);
    const visit: Visit = {
      path,
      startedAt: performance.now(),
      endpoint: found?.endpoint,
      delivery: undefined,
      trace: undefined,
      bodyAt: 0,
    };
    try {
      if (found !== undefined) await receive(context, found, visit, options);
      // Koa and its router throw at what is not a URL.
      else if (!path.startsWith('/')) throw new Rejection('path_unknown');
      else await next();
    } catch (error) {
      await answerError(context, error, visit, options);
    }
  });
  app.use(router.routes());
  app.use(() => {
    throw new Rejection('path_unknown');
  });
  const run = compose(app.middleware);
  return (request, response) => {
    run(app.createContext(request, response)).catch((error: unknown) => {
      options.log.bug(error, {});
      response.destroy();
    });
  };
}

/** What is known of a request so far. */
interface Visit {
  readonly path: string;
  readonly startedAt: number;
  readonly endpoint: Endpoint | undefined;
  delivery: Delivery | undefined;
  /** Id of the trace that it is in. */
  trace: string | undefined;
  bodyAt: number;
}

interface Found {
  readonly endpoint: Endpoint;
  /** Absent: whoever it is. */
  readonly allows?: (client: string) => boolean;
}

function matchAllowed({ allow }: Endpoint): Pick<Found, 'allows'> {
  return allow === undefined ? {} : { allows: createMatcher(allow) };
}

/** Without the query and the trailing slash. A proxy may send the whole URL (RFC 9112, 3.2.2). What is neither stays as it is. */
function pathOf(target: string): string {
  if (!target.startsWith('/')) return URL.canParse(target) ? pathOf(new URL(target).pathname) : target;
  const query = target.indexOf('?');
  const end = query < 0 ? target.length : query;
  return target.slice(0, end > 1 && target[end - 1] === '/' ? end - 1 : end);
}

/** Characters of a path that the log shows, and that are compared with those of endpoints. */
const longestPath = 200;
const longestCompared = 80;

const failed: Answer = { status: 500, headers: { 'Content-Type': 'application/json' }, body: '{"status":"error"}' };
export const health: Answer = { status: 200, headers: { 'Content-Type': 'application/json' }, body: '{"status":"ok"}' };

/**
 * Answers. A request whose body is refused before its end gets the whole answer first, and then its connection closed;
 * who is to send again later may keep it. `close`: this is the connection's last answer.
 */
export async function send(context: Context, { status, headers, body }: Answer, close = false): Promise<void> {
  context.respond = false;
  const { req: request, res: response } = context;
  const refused = bodyPending(request) && !((status === 503 || status === 429) && isSmall(request));
  // A list: Node.js writes it as it is, and to make an object of such names takes most of a microsecond.
  const list: OutgoingHttpHeader[] = ['Content-Length', Buffer.byteLength(body)];
  for (const name in headers) list.push(name, headers[name] ?? '');
  if (refused || close) list.push('Connection', 'close');
  response.writeHead(status, list);
  if (refused) {
    response.write(body);
    await discardBody(request);
    response.end();
  } else {
    response.end(body);
  }
}

async function receive(
  context: Context,
  { endpoint, allows }: Found,
  visit: Visit,
  options: AppOptions,
): Promise<void> {
  const { startedAt } = visit;
  const request = context.req;
  const { rates } = options;
  const { method, headers } = request;
  const client = options.clients.of(request);
  if (allows?.(client) === false) {
    throw new Rejection('address_not_allowed', explainRelayed(request, client, options.clients));
  }
  rates.enter(endpoint, client, startedAt);
  admit(endpoint.provider, method, headers['content-type'], headers['content-encoding']);
  const place = options.gate.enter(endpoint.name, () => senderOf(client), startedAt);
  let trace: DeliveryTrace | undefined;
  try {
    const body = await readBody(request, context.res, options.limits, place);
    place.begin();
    visit.bodyAt = performance.now();
    const delivery = toDelivery(request, body, options.ports.now(), client);
    visit.delivery = delivery;
    trace = options.traces?.current?.begin(endpoint, delivery, startedAt);
    visit.trace = trace?.id;
    const outcome = await handle(endpoint, delivery, trace?.follow(options.ports) ?? options.ports);
    if (outcome.secret === undefined) rates.countUnproven(endpoint, client, performance.now());
    else rates.countProven(endpoint, client, performance.now());
    options.log.outcome(endpoint, delivery, outcome, trace?.id);
    options.meter.outcome(endpoint, delivery, outcome, startedAt);
    const answer = answerOutcome(endpoint, delivery, outcome);
    const { bodyAt } = visit;
    const known = { endpoint, delivery, path: visit.path, client, startedAt, bodyAt, status: answer.status };
    options.observe?.({ ...known, outcome, rejection: undefined });
    await send(context, answer, options.stopping());
    trace?.end(answer.status, outcome);
  } catch (error) {
    trace?.fail(error);
    if (error instanceof Rejection && error.status < 500) rates.countUnproven(endpoint, client, performance.now());
    throw error;
  } finally {
    place.leave();
  }
}

/** Whoever has connected may be a proxy of which nobody has told the gateway. */
function explainRelayed({ headers, socket }: IncomingMessage, client: string, clients: Clients): RejectionDetails {
  const relayed = headers['x-forwarded-for'] ?? headers.forwarded;
  const isPeer = client === plainAddress(socket.remoteAddress ?? '') && !clients.trusts(client);
  if (relayed === undefined || !isPeer) return {};
  return { detail: `${client} may be a proxy: if it is yours, list it in server.trustedProxies` };
}

function toDelivery(request: IncomingMessage, body: Buffer, receivedAt: number, client: string): Delivery {
  return {
    id: randomUUID(),
    receivedAt,
    client,
    method: request.method ?? 'POST',
    target: request.url ?? '/',
    headers: request.headersDistinct,
    body,
  };
}

/** The one error function: a rejection answers as its table says, anything else is a bug. */
async function answerError(
  context: Context,
  error: unknown,
  visit: Visit,
  { endpoints, gate, clients, log, meter, observe, stopping }: AppOptions,
): Promise<void> {
  const client = clients.of(context.req);
  const fields = {
    delivery: visit.delivery?.id,
    trace_id: visit.trace,
    endpoint: visit.endpoint?.name,
    method: context.method,
    path: visit.path.slice(0, longestPath),
    client,
  };
  const rejection = error instanceof Rejection ? error : undefined;
  const status = rejection?.status ?? failed.status;
  observe?.({ ...visit, client, status, outcome: undefined, rejection });
  if (error instanceof Rejection) {
    meter.rejection(fields.endpoint, error);
    // The gate sums up what it refused: a line for each would make the load heavier.
    const hint = error.code === 'path_unknown' ? { didYouMean: meantPath(visit.path, endpoints) } : {};
    if (error.code !== 'overloaded') log.rejection(error, { ...fields, ...hint });
    if (error.code === 'overloaded' || error.status === 429) await gate.holdBack();
    await send(context, answerRejection(error), stopping());
  } else {
    meter.bug(fields.endpoint);
    log.bug(error, fields);
    await send(context, failed, stopping());
  }
}

/** Found when the line is written, which is not for each request: anybody can ask for thousands of paths. */
function meantPath(path: string, endpoints: readonly Endpoint[]): { toJSON(): string | undefined } {
  const paths = endpoints.map((each) => each.path);
  return { toJSON: () => closestPath(path.slice(0, longestCompared), paths) };
}
