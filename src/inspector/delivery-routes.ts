import type { GatewaySettings } from '../config/settings.js';
import type { Router } from '../server/http/koa.js';
import { type Ask, pick } from './ask.js';
import { makeActivity, mergeRows } from './merge.js';
import { readAfter, readFilter, readPage } from './query.js';
import { answering, Refused, respond } from './respond.js';
import { streamDeliveries } from './stream.js';

/** Streams at a time: each asks every worker ten times a second. */
const mostStreams = 8;

export interface DeliveryRoutes {
  readonly ask: Ask;
  readonly settings: () => GatewaySettings;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly stopping: () => boolean;
}

/** `GET /deliveries`, `/deliveries/stream` and `/activity`: see contract.ts. */
export function addDeliveryRoutes(router: Router, { ask, settings, startedAt, stopping }: DeliveryRoutes): void {
  let streams = 0;
  router.get(
    '/deliveries',
    answering(async ({ query }) => {
      const filter = readFilter(query);
      const { limit, before } = readPage(query);
      return mergeRows(pick(await ask(() => ({ ask: 'rows', filter, limit, before })), 'rows'), limit);
    }),
  );
  router.get(
    '/activity',
    answering(async () => {
      const parts = pick(await ask(() => ({ ask: 'activity' })), 'activity');
      return makeActivity(settings(), parts, { now: Date.now(), startedAt });
    }),
  );
  router.get('/deliveries/stream', async (context) => {
    try {
      const filter = readFilter(context.query);
      const cursor = readAfter(context.query, context.get('last-event-id'));
      if (streams >= mostStreams)
        throw new Refused(503, 'busy', `${mostStreams} streams are open already: close a page of the inspector`);
      streams++;
      context.respond = false;
      await streamDeliveries(context.req, context.res, { ask, filter, cursor, stopping }).finally(() => streams--);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      await respond(context, error.status, { error: error.message, reason: error.reason });
    }
  });
}
