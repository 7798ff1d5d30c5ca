import { type DryRunOptions, dryRun } from '../../core/dry-run.js';
import type { CustomAnswer, Delivery, Endpoint, KafkaRecord, WebhookEvent } from '../../core/model.js';
import { Rejection, rejections } from '../../core/rejection.js';
import { admit } from '../../server/http/admit.js';
import { answerOutcome } from '../../server/http/answer.js';
import { type ItemTrace, ItemTraces } from './item-traces.js';

/** What a request would become, what its answer would be, and what was asked on the way. */
export interface RequestResult {
  /** Of the answer. */
  readonly status: number;
  readonly handshake?: CustomAnswer;
  readonly published: readonly { readonly event: WebhookEvent; readonly record: KafkaRecord }[];
  /** Events that the same body has before. */
  readonly repeated: readonly WebhookEvent[];
  readonly rejected: readonly Rejection[];
  readonly deadLetter?: KafkaRecord;
  readonly items: readonly ItemTrace[];
}

export interface RequestOptions extends Omit<DryRunOptions, 'trace'> {
  /** Bytes: `server.limits.body`. */
  readonly largest: number;
}

/** The dry run of a whole request: what the server decides before and after the pipeline, too. */
export async function dryRunRequest(
  endpoint: Endpoint,
  delivery: Delivery,
  { largest, ...options }: RequestOptions,
): Promise<RequestResult> {
  const trace = new ItemTraces(endpoint);
  try {
    const { headers, method, body } = delivery;
    admit(endpoint.provider, method, headers['content-type']?.[0], headers['content-encoding']?.[0]);
    if (body.length > largest) throw new Rejection('body_too_large');
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    return { status: error.status, published: [], repeated: [], rejected: [error], items: [] };
  }
  const { outcome, events, deadLetter } = await dryRun(endpoint, delivery, { ...options, trace });
  return {
    status: answerOutcome(endpoint, delivery, outcome).status,
    published: events.filter(({ repeated }) => !repeated),
    repeated: events.filter(({ repeated }) => repeated).map(({ event }) => event),
    rejected: outcome.rejected,
    items: await trace.settled(),
    ...(outcome.handshake !== undefined && { handshake: outcome.handshake }),
    ...(deadLetter !== undefined && { deadLetter }),
  };
}

/** Why an event is not published, if it isn't: the first reason. */
export function verdictOf({ handshake, rejected }: Pick<RequestResult, 'handshake' | 'rejected'>): string {
  if (handshake !== undefined) return 'handshake';
  const [rejection] = rejected;
  if (rejection === undefined) return 'published';
  const dead = rejections[rejection.code].letter !== 'none';
  return `${dead ? 'dead letter' : 'refused'}: ${rejection.code}`;
}
