import type { Context, Middleware } from 'koa';
import type { Level, Log } from '../telemetry/log.js';
import { health, pathOf, send } from './app.js';
import { Koa, Router } from './koa.js';

/** Why a webhook would be answered with 503, or its connection soon be gone. */
export type Unready = 'stopping' | 'overloaded' | 'kafka_unavailable' | 'no_worker';

export interface AdminOptions {
  /** Absent: webhooks are taken. */
  readonly unready: () => Unready | undefined;
  readonly log: Log;
  /** Puts a new log level into effect. */
  readonly setLevel: (level: Level) => void;
  /** What `/ready` says beside the state. */
  readonly about?: (() => object) | undefined;
  /** `GET /metrics`: the text format of Prometheus. */
  readonly metrics?: () => Promise<string>;
  /** `GET /status`. */
  readonly status?: () => Promise<object>;
  /** `POST /reload`: what came of it, or undefined while nothing can be reloaded yet. */
  readonly reload?: () => Promise<{ readonly reloaded: boolean } | undefined>;
}

const levels: readonly string[] = ['debug', 'info', 'warn', 'error'] satisfies Level[];

/** The operator's side: liveness, readiness, metrics, status, reload, and the log's level, which `PUT /log {"level": "debug"}` changes at once. */
export function createAdminApp(options: AdminOptions): Koa {
  const { unready, log, setLevel, about = () => ({}) } = options;
  const router = new Router();
  addOperator(router, options);
  router.get('/health', (context) => send(context, health));
  router.get('/ready', (context) => {
    const reason = unready();
    const state = reason === undefined ? { status: 'ready' } : { status: 'not_ready', reason };
    return reply(context, reason === undefined ? 200 : 503, { ...state, ...about() });
  });
  router.get('/log', (context) => reply(context, 200, { level: log.level }));
  router.put('/log', readJson, (context) => {
    const body: unknown = context.request.body;
    const level = typeof body === 'object' && body !== null && 'level' in body ? body.level : undefined;
    if (!isLevel(level)) return reply(context, 422, { error: `level must be one of ${levels.join(', ')}` });
    setLevel(level);
    log.write('info', 'log level changed', { to: level });
    return reply(context, 200, { level });
  });
  const app = new Koa();
  app.on('error', (error: NodeJS.ErrnoException) => log.write('debug', 'admin request failed', { code: error.code }));
  app.use((context, next) => {
    // Whoever looks in the meantime gets its answer and no reset when the server closes at last.
    if (unready() === 'stopping') context.res.shouldKeepAlive = false;
    return next();
  });
  // Koa and its router throw at what is no URL.
  app.use((context, next) => (pathOf(context.req.url ?? '/').startsWith('/') ? next() : send(context, notFound)));
  app.use(router.routes());
  app.use(router.allowedMethods());
  return app;
}

const notFound = { status: 404, headers: {}, body: '' };

function addOperator(router: Router, { metrics, status, reload }: AdminOptions): void {
  if (metrics !== undefined) {
    router.get('/metrics', async (context) => {
      const headers = { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' };
      await send(context, { status: 200, headers, body: await metrics() });
    });
  }
  if (status !== undefined) router.get('/status', async (context) => reply(context, 200, await status()));
  if (reload === undefined) return;
  router.post('/reload', async (context) => {
    const result = await reload();
    if (result === undefined) return reply(context, 503, { error: 'the gateway is starting' });
    return reply(context, result.reloaded ? 200 : 422, result);
  });
}

let read: Middleware | undefined;

/** koa-body is loaded when somebody sends a body: hardly anybody does, and loading it takes longer than koa. */
const readJson: Middleware = async (context, next) => {
  read ??= (await import('koa-body')).koaBody({ urlencoded: false, text: false, jsonLimit: '1kb' });
  return read(context, next);
};

function isLevel(value: unknown): value is Level {
  return typeof value === 'string' && levels.includes(value);
}

function reply(context: Context, status: number, value: object): Promise<void> {
  return send(context, { status, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) });
}
