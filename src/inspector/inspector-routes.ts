import type { Context, Middleware } from 'koa';
import type { GatewaySettings } from '../config/settings.js';
import type { Router } from '../server/http/koa.js';
import type { GatewayLog } from '../server/telemetry/log.js';
import type { Status } from '../server/telemetry/status.js';
import type { ConfigSource } from '../server/workers/messages.js';
import { type Ask, pick } from './ask.js';
import { readChoice, readDismiss, readEval, readFields, readReveal } from './body.js';
import { Configuration, describeTopics, refuseReadOnly } from './configuration.js';
import type { DeliveryRow, InspectorAbout, LetterJob, LetterState } from './contract.js';
import { Helper } from './helper/helper.js';
import { Jobs } from './jobs.js';
import { addPages } from './pages.js';
import { one, readCount } from './query.js';
import { answering, Refused, respond } from './respond.js';

/** Milliseconds that the helper has: to read topics, and for a rule. Megabytes of its heap, likewise. */
const limits = { read: 60_000, evaluate: 6_000 };
const memory = { read: 512, evaluate: 128 };
const states: readonly LetterState[] = ['open', 'partly', 'replayed', 'dismissed'];

export interface InspectorRoutes {
  readonly ask: Ask;
  readonly settings: () => GatewaySettings;
  readonly source: () => ConfigSource;
  readonly status: () => Promise<Status>;
  readonly version: string;
  readonly startedAt: string;
  readonly log: GatewayLog;
}

/** The pages, and what they ask for beyond `addDeliveryRoutes`: see contract.ts. */
export function addInspectorRoutes(router: Router, options: InspectorRoutes): void {
  const { log, source } = options;
  const helper = new Helper({ log, source, memory: memory.read });
  addPages(router);
  addDeliveries(router, options, helper);
  addLetters(router, options, helper);
  addConfiguration(router, options, helper);
  const evaluator = new Helper({ log, source, memory: memory.evaluate });
  router.post(
    '/eval',
    fromPage,
    answering(async ({ req }) => evaluator.run('eval', readEval(await readFields(req)), { limit: limits.evaluate })),
  );
}

/**
 * A form of another site cannot send this header, nor a script of it without asking first. The guard of the admin server has looked at
 * Host, Origin and token before.
 */
const fromPage: Middleware = async (context, next) => {
  if (context.get('x-gateway-inspector') === '1') return next();
  return respond(context, 403, { error: 'send X-Gateway-Inspector: 1, as the pages do', reason: 'header' });
};

function addConfiguration(
  router: Router,
  { ask, settings, status, version, startedAt }: InspectorRoutes,
  helper: Helper,
): void {
  const configuration = new Configuration(helper);
  const activity = async () => pick(await ask(() => ({ ask: 'activity' })), 'activity');
  router.get(
    '/about',
    answering((): InspectorAbout => {
      const { admin, publisher, deadLetter } = settings();
      const writable = admin?.token !== undefined;
      return { version, startedAt, writable, publisher: publisher.kind, deadLetterTopic: deadLetter.topic };
    }),
  );
  router.post(
    '/token',
    fromPage,
    answering(() => {
      refuseReadOnly(settings());
      return { ok: true };
    }),
  );
  router.get(
    '/configuration',
    answering(async () => configuration.describe((await status()).config, await activity())),
  );
  router.get(
    '/topics',
    answering(async () => describeTopics(settings(), await status(), await activity())),
  );
  router.get(
    '/providers',
    answering(() => helper.run('providers', {}, { limit: limits.read })),
  );
}

function addDeliveries(router: Router, { ask, settings, log }: InspectorRoutes, helper: Helper): void {
  /** What is noted of it; absent: it may still be a dead letter. */
  async function find(context: Context): Promise<{ readonly id: string; readonly row?: DeliveryRow | undefined }> {
    const id = idOf(context);
    const row = pick(await ask(() => ({ ask: 'row', id })), 'row').find((answer) => answer.row !== undefined)?.row;
    return { id, row };
  }

  router.get(
    '/deliveries/:id',
    answering(async (context) => helper.run('detail', await find(context), { limit: limits.read })),
  );
  router.post(
    '/deliveries/:id/reveal',
    fromPage,
    answering(async (context) => {
      refuseReadOnly(settings());
      const { reason } = readReveal(await readFields(context.req));
      const found = await find(context);
      const revealed = await helper.run('reveal', found, { limit: limits.read });
      const { place, masked } = revealed;
      log.audit('payload revealed', { delivery: found.id, place, why: reason, masked, client: clientOf(context) });
      return revealed;
    }),
  );
}

function addLetters(router: Router, { settings, source, log }: InspectorRoutes, helper: Helper): void {
  // Of its own: what reads may be ended when it takes too long, a replay must not be.
  const jobs = new Jobs(new Helper({ log, source, memory: memory.read }));
  router.get(
    '/dead-letters/groups',
    answering(() => helper.run('groups', {}, { limit: limits.read })),
  );
  router.get(
    '/dead-letters',
    answering(({ query }) => {
      const text = one(query, 'state');
      const state = states.find((each) => each === text);
      if (text !== undefined && state === undefined)
        throw new Refused(400, 'invalid', `state must be one of ${states.join(', ')}`);
      const limit = readCount(query, 'limit', { least: 1, most: 500, usual: 100 });
      const offset = readCount(query, 'offset', { least: 0, most: 10_000_000, usual: 0 });
      return helper.run('letters', { group: one(query, 'group'), state, limit, offset }, { limit: limits.read });
    }),
  );
  const start = (kind: LetterJob['kind']) =>
    answering(async (context) => {
      if (kind === 'replay') refuseReadOnly(settings());
      const choice = readChoice(await readFields(context.req));
      if (kind === 'dry-run') return jobs.start(kind, choice);
      const about = { ...describeChoice(choice), client: clientOf(context) };
      log.audit('replay of dead letters started', about);
      return jobs.start(kind, choice, async ({ state, replayed, failing, error }) => {
        log.audit('replay of dead letters ended', { ...about, state, replayed, failing, detail: error });
        await helper.run('forget', {});
      });
    }, 202);
  router.post('/dead-letters/dry-run', fromPage, start('dry-run'));
  router.post('/dead-letters/replay', fromPage, start('replay'));
  router.get(
    '/dead-letters/jobs/:id',
    answering((context) => jobs.get(idOf(context))),
  );
  router.post(
    '/dead-letters/jobs/:id/stop',
    fromPage,
    answering((context) => jobs.stop(idOf(context))),
  );
  router.post(
    '/dead-letters/dismiss',
    fromPage,
    answering(async (context) => {
      refuseReadOnly(settings());
      const request = readDismiss(await readFields(context.req));
      const result = await helper.run('dismiss', request, { limit: limits.read });
      log.audit('dead letters dismissed', { ...describeChoice(request), ...result, client: clientOf(context) });
      return result;
    }),
  );
}

function describeChoice(choice: ReturnType<typeof readChoice>): object {
  return 'group' in choice ? { group: choice.group } : { letters: choice.ids.length };
}

function idOf(context: Context): string {
  const id: unknown = context.params.id;
  if (typeof id === 'string' && /^[\w.-]{1,80}$/.test(id)) return id;
  throw new Refused(404, 'not_found', 'there is nothing of this id');
}

function clientOf({ req }: Context): string | undefined {
  return req.socket.remoteAddress;
}
