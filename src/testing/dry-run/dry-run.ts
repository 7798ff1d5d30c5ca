import type {
  CustomAnswer,
  Dedupe,
  Delivery,
  Endpoint,
  KafkaRecord,
  KeySource,
  Placement,
  WebhookEvent,
} from '../../core/model.js';
import { handle, type Outcome } from '../../core/pipeline.js';
import { Rejection, rejections } from '../../core/rejection.js';
import { admit } from '../../server/http/admit.js';
import { answerOutcome, answerRejection } from '../../server/http/answer.js';
import { type ItemTrace, observe } from './observe.js';

/** What a delivery would become, and what was asked on the way. */
export interface DryRunResult {
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

export interface WalkOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Bytes: `server.limits.body`. */
  readonly largest: number;
  readonly deadLetterTopic: string;
  readonly keys?: KeySource;
}

/** Takes a delivery through the pipeline of the gateway. Nothing is published, and no event counts as published before. */
export async function dryRun(endpoint: Endpoint, delivery: Delivery, options: WalkOptions): Promise<DryRunResult> {
  const { now, largest, deadLetterTopic, keys } = options;
  const { observed, items } = observe(endpoint);
  const records: KafkaRecord[] = [];
  const ports = {
    publisher: recorder(records),
    dedupe: onceEach(),
    deadLetterTopic,
    mayKeepUnverified: () => true,
    now: () => now,
    ...(keys !== undefined && { keys }),
  };
  try {
    const { headers, method, body } = delivery;
    admit(endpoint.provider, method, headers['content-type']?.[0], headers['content-encoding']?.[0]);
    if (body.length > largest) throw new Rejection('body_too_large');
    const outcome = await handle(observed, delivery, ports);
    return { ...describe(endpoint, delivery, outcome, records), items };
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    return { status: answerRejection(error).status, published: [], repeated: [], rejected: [error], items };
  }
}

/** Why an event is not published, if it isn't: the first reason. */
export function verdictOf({ handshake, rejected }: Pick<DryRunResult, 'handshake' | 'rejected'>): string {
  if (handshake !== undefined) return 'handshake';
  const [rejection] = rejected;
  if (rejection === undefined) return 'published';
  const dead = rejections[rejection.code].letter !== 'none';
  return `${dead ? 'dead letter' : 'refused'}: ${rejection.code}`;
}

function describe(
  endpoint: Endpoint,
  delivery: Delivery,
  outcome: Outcome,
  records: readonly KafkaRecord[],
): Omit<DryRunResult, 'items'> {
  const { accepted, rejected, letter, handshake } = outcome;
  const fresh = accepted.filter(({ duplicate }) => !duplicate);
  // They are published in the order of the events, the dead letter at the end.
  const published = fresh.flatMap(({ event }, index) => {
    const record = records[index];
    return record === undefined ? [] : [{ event, record }];
  });
  const repeated = accepted.filter(({ duplicate }) => duplicate).map(({ event }) => event);
  const deadLetter = letter === undefined ? undefined : records.at(-1);
  return {
    status: answerOutcome(endpoint, delivery, outcome).status,
    published,
    repeated,
    rejected,
    ...(handshake !== undefined && { handshake }),
    ...(deadLetter !== undefined && { deadLetter }),
  };
}

function recorder(records: KafkaRecord[]) {
  return {
    async publish(record: KafkaRecord): Promise<Placement> {
      records.push(record);
      return { topic: record.topic, partition: 0, offset: 0n };
    },
    ready: () => true,
    connected: () => true,
    close: async () => undefined,
  };
}

/** An event that a batch has twice is published once. */
function onceEach(): Dedupe {
  const seen = new Map<string, { readonly digest: string; readonly placement: ReturnType<Publish> }[]>();
  type Publish = Parameters<Dedupe['once']>[1];
  return {
    async once({ id, type, digest, by }, publish) {
      const name = `${id.length} ${id}${type}`;
      const known = seen.get(name) ?? [];
      const first = known.find((each) => by === 'id' || each.digest === digest);
      const placement = first?.placement ?? publish();
      if (first === undefined) seen.set(name, [...known, { digest, placement }]);
      const contentDiffers = known.length > 0 && first?.digest !== digest;
      return { placement: await placement, duplicate: first !== undefined, contentDiffers };
    },
  };
}
