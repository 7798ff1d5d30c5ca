import type { Context, Middleware } from 'koa';
import type { GatewayLog, Level } from '../telemetry/log.js';
import { type AdminAccess, createGuard } from './admin-guard.js';
import { health, send } from './app.js';
import { Koa, Router } from './koa.js';

/** Why a webhook would be answered with 503, or its connection soon be gone. */
export type Unready = 'stopping' | 'overloaded' | 'kafka_unavailable' | 'dedupe_unavailable' | 'no_worker';

export interface AdminOptions {
  /** Absent: webhooks are taken. */
  readonly unready: () => Unready | undefined;
  readonly access: AdminAccess;
  readonly log: GatewayLog;
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
  /** Adds routes of its own, behind the same guard. */
  readonly extend?: (router: Router, unready: AdminOptions['unready']) => void;
}

const levels: readonly string[] = ['debug', 'info', 'warn', 'error'] satisfies Level[];

/** The operator's side: liveness, readiness, metrics, status, reload, and the log's level, which `PUT /log {"level": "debug"}` changes at once. */
export function createAdminApp(options: AdminOptions): Koa {
  const { log, setLevel } = options;
  const router = new Router();
  addProbes(router, options);
  addOperator(router, options);
  router.get('/log', (context) => reply(context, 200, { level: log.level }));
  router.put('/log', refuseCompressed, readJson, (context) => {
    const body: unknown = context.request.body;
    const level = typeof body === 'object' && body !== null && 'level' in body ? body.level : undefined;
    if (!isLevel(level)) return reply(context, 422, { error: `level must be one of ${levels.join(', ')}` });
    setLevel(level);
    log.write('info', 'log level changed', { to: level });
    return reply(context, 200, { level });
  });
  options.extend?.(router, options.unready);
  const guard = createGuard(options.access);
  return createServerApp(router, options, (context) => {
    const refusal = guard(context.req);
    if (refusal === undefined) return undefined;
    log.write('warn', 'admin request refused', { status: refusal.status, reason: refusal.reason });
    return reply(context, refusal.status, { error: refusal.error, reason: refusal.reason });
  });
}

type ProbesOptions = Pick<AdminOptions, 'unready' | 'log' | 'about' | 'metrics'>;

/** Liveness, readiness and metrics alone, for whoever can reach them. */
export function createProbesApp(options: ProbesOptions): Koa {
  const router = new Router();
  addProbes(router, options);
  return createServerApp(router, options, (context) =>
    context.req.url?.startsWith('/')
      ? undefined
      : reply(context, 400, { error: 'the target of the request must be a path' }),
  );
}

/** `refuse`: answers a request that goes no further, else gives undefined. */
function createServerApp(
  router: Router,
  { unready, log }: ProbesOptions,
  refuse: (context: Context) => Promise<void> | undefined,
): Koa {
  const app = new Koa();
  app.on('error', (error: NodeJS.ErrnoException) => log.write('debug', 'admin request failed', { code: error.code }));
  app.use((context, next) => {
    // Whoever looks in the meantime gets its answer and no reset when the server closes at last.
    if (unready() === 'stopping') context.res.shouldKeepAlive = false;
    return refuse(context) ?? next();
  });
  app.use(router.routes());
  app.use(router.allowedMethods());
  return app;
}

function addProbes(router: Router, { unready, about = () => ({}), metrics }: ProbesOptions): void {
  router.get('/health', (context) => send(context, health));
  router.get('/ready', (context) => {
    const reason = unready();
    const state = reason === undefined ? { status: 'ready' } : { status: 'not_ready', reason };
    return reply(context, reason === undefined ? 200 : 503, { ...state, ...about() });
  });
  if (metrics === undefined) return;
  router.get('/metrics', async (context) => {
    const headers = { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' };
    await send(context, { status: 200, headers, body: await metrics() });
  });
}

function addOperator(router: Router, { status, reload }: AdminOptions): void {
  if (status !== undefined) router.get('/status', async (context) => reply(context, 200, await status()));
  if (reload === undefined) return;
  router.post('/reload', async (context) => {
    const result = await reload();
    if (result === undefined) return reply(context, 503, { error: 'the gateway is starting' });
    return reply(context, result.reloaded ? 200 : 422, result);
  });
}

/** What a body is parsed as is what was sent. */
const refuseCompressed: Middleware = async (context, next) => {
  const { 'content-encoding': encoding = 'identity' } = context.req.headers;
  if (encoding.toLowerCase() === 'identity') return next();
  return reply(context, 415, { error: 'send the body without Content-Encoding' });
};

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
