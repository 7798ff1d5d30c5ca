import { randomUUID } from 'node:crypto';
import Router from '@koa/router';
import Koa, { type Context, type Next } from 'koa';
import type { Delivery, Endpoint } from '../model.js';
import { handle, type Ports } from '../pipeline.js';
import { Rejection } from '../rejection.js';
import type { Log } from '../telemetry/log.js';
import { type Answer, answerOutcome, answerRejection } from './answer.js';
import { type BodyLimits, bodyPending, discardBody, isSmall, readBody } from './body.js';
import type { Gate } from './gate.js';
import { acceptsMediaType } from './media-type.js';

export interface AppOptions {
  readonly endpoints: readonly Endpoint[];
  readonly limits: BodyLimits;
  readonly gate: Gate;
  readonly ports: Ports;
  readonly log: Log;
  /** True once the gateway is stopping: connections are then closed after the answer. */
  readonly stopping: () => boolean;
}

/** The public side: `/health` and a route for each endpoint, with and without a trailing slash. */
export function createApp(options: AppOptions): Koa {
  const app = new Koa();
  // Koa says here what the connection did after the answer; a reset is no fault of ours.
  app.on('error', (error: NodeJS.ErrnoException) =>
    options.log.write('debug', 'connection lost', { code: error.code }),
  );
  const router = new Router();
  router.get('/health', (context) => send(context, health));
  for (const endpoint of options.endpoints) {
    const methods = endpoint.provider.handshakes?.flatMap((handshake) => handshake.methods) ?? [];
    router.register(endpoint.path, ['POST', ...methods], (context) => receive(context, endpoint, options));
    router.all(endpoint.path, () => {
      throw new Rejection('method_not_allowed');
    });
  }
  app.use((context, next) => answerErrors(context, next, options));
  app.use(router.routes());
  app.use(() => {
    throw new Rejection('path_unknown');
  });
  return app;
}

export const health: Answer = { status: 200, headers: { 'Content-Type': 'application/json' }, body: '{"status":"ok"}' };

/**
 * Answers. A request whose body is refused before its end gets the whole answer first, and then its connection closed;
 * who is to send again later may keep it.
 */
export async function send(context: Context, { status, headers, body }: Answer): Promise<void> {
  if (!bodyPending(context.req) || (status === 503 && isSmall(context.req))) {
    context.status = status;
    context.set(headers);
    context.body = body;
    return;
  }
  context.respond = false;
  const response = context.res;
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body), Connection: 'close' });
  response.write(body);
  await discardBody(context.req);
  response.end();
}

async function receive(context: Context, endpoint: Endpoint, options: AppOptions): Promise<void> {
  const request = context.req;
  if (request.headers['content-encoding'] !== undefined) throw new Rejection('encoding_unsupported');
  if (context.method === 'POST' && !acceptsMediaType(endpoint.provider.mediaTypes, request.headers['content-type'])) {
    throw new Rejection('media_type_unsupported');
  }
  const place = options.gate.enter();
  try {
    const body = await readBody(request, context.res, options.limits, place.hold);
    await take(context, endpoint, body, options);
  } finally {
    place.leave();
  }
}

async function take(context: Context, endpoint: Endpoint, body: Buffer, { ports, log }: AppOptions): Promise<void> {
  const delivery: Delivery = {
    id: randomUUID(),
    receivedAt: ports.now(),
    method: context.method,
    target: context.req.url ?? '/',
    headers: context.req.headersDistinct,
    body,
  };
  context.state.delivery = delivery.id;
  context.state.endpoint = endpoint.name;
  const outcome = await handle(endpoint, delivery, ports);
  log.outcome(endpoint, delivery, outcome);
  await send(context, answerOutcome(endpoint, outcome));
}

/** The one error function: a rejection answers as its table says, anything else is a bug. */
async function answerErrors(context: Context, next: Next, { gate, log, stopping }: AppOptions): Promise<void> {
  try {
    await next();
  } catch (error) {
    const fields = {
      delivery: context.state.delivery,
      endpoint: context.state.endpoint,
      method: context.method,
      path: context.path,
    };
    if (error instanceof Rejection) {
      // The gate sums up what it refused: a line for each would make the load heavier.
      if (error.code === 'overloaded') await gate.holdBack();
      else log.rejection(error, fields);
      await send(context, answerRejection(error));
    } else {
      log.bug(error, fields);
      await send(context, { status: 500, headers: { 'Content-Type': 'application/json' }, body: '{"status":"error"}' });
    }
  }
  if (stopping() && !context.headerSent) context.set('Connection', 'close');
}
