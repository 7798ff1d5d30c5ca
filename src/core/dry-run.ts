import type { Dedupe, Delivery, Endpoint, Fingerprint, KafkaRecord, KeySource, WebhookEvent } from './model.js';
import { handle, type Outcome } from './pipeline.js';
import { Rejection } from './rejection.js';
import type { Trace } from './trace.js';

export interface DryRunOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly deadLetterTopic: string;
  /** Where keys of providers are fetched; absent: nowhere. */
  readonly keys?: KeySource | undefined;
  readonly trace?: Trace | undefined;
}

/** What a delivery would become. */
export interface DryRun {
  /** What would be published, in the order of the body. */
  readonly events: readonly DryEvent[];
  readonly deadLetter?: KafkaRecord;
  /** Of a delivery that would be refused, too: it has the rejection. */
  readonly outcome: Outcome;
}

export interface DryEvent {
  readonly event: WebhookEvent;
  readonly record: KafkaRecord;
  readonly fingerprint: Fingerprint;
  /** True where the same body has it before: only the first one would be published. */
  readonly repeated: boolean;
}

/**
 * Takes a delivery through the pipeline without publishing anything: no event counts as published before, and every record as safe.
 * For explanations and tests, and to judge dead letters by today's configuration.
 */
export async function dryRun(endpoint: Endpoint, delivery: Delivery, options: DryRunOptions): Promise<DryRun> {
  const made: KafkaRecord[] = [];
  const events: Pick<DryEvent, 'record' | 'fingerprint'>[] = [];
  // Called as soon as the event's record was made. What nobody takes is the dead letter.
  const dedupe = createBodyDedupe((fingerprint) => {
    const record = made.pop();
    if (record !== undefined) events.push({ record, fingerprint });
  });
  const ports = { ...options, publisher: createRecorder(made), dedupe, mayKeepUnverified, now: () => options.now };
  const outcome = await handle(endpoint, delivery, ports).catch(asOutcome);
  const [deadLetter] = made;
  return {
    outcome,
    events: outcome.accepted.flatMap(({ event, duplicate: repeated }, index) => {
      const each = events[index];
      return each === undefined ? [] : [{ event, ...each, repeated }];
    }),
    ...(deadLetter !== undefined && { deadLetter }),
  };
}

/** What leaves no dead letter is thrown by the pipeline. */
function asOutcome(error: unknown): Outcome {
  if (error instanceof Rejection) return { accepted: [], rejected: [error] };
  throw error;
}

/** The endpoint as if its provider's signature had been found good, with the secret of this name. */
export function assumeProven(endpoint: Endpoint, secret: string): Endpoint {
  const { provider } = endpoint;
  const scheme = { ...provider.scheme, fetchesKeys: false, verify: () => ({ secret }) };
  return { ...endpoint, provider: { ...provider, scheme } };
}

const mayKeepUnverified = () => true;

function createRecorder(made: KafkaRecord[]) {
  return {
    async publish(record: KafkaRecord) {
      made.push(record);
      return { topic: record.topic, partition: 0, offset: 0n };
    },
    ready: () => true,
    connected: () => true,
    close: async () => undefined,
  };
}

/** Knows the events of one body, and has each of them published. `note` is called for each in between. */
function createBodyDedupe(note: (event: Fingerprint) => void): Dedupe {
  const seen = new Map<string, string[]>();
  return {
    async once(fingerprint, publish) {
      const { id, type, digest, by } = fingerprint;
      const placing = publish();
      note(fingerprint);
      const name = `${id.length} ${id}${type}`;
      const known = seen.get(name) ?? [];
      const duplicate = by === 'id' ? known.length > 0 : known.includes(digest);
      const contentDiffers = known.length > 0 && !known.includes(digest);
      if (!duplicate) seen.set(name, [...known, digest]);
      return { placement: await placing, duplicate, contentDiffers };
    },
  };
}
