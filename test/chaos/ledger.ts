/** One POST of an event. Times in milliseconds since the epoch. */
export interface Attempt {
  readonly startedAt: number;
  readonly endedAt: number;
  /** The `status` of a 200's body, another HTTP status as text, or the code of the error. */
  readonly result: string;
  /** How many times the gateway had been started. */
  readonly incarnation: number;
  /** Which TCP connection, one number for each that was ever opened. */
  readonly connection: number;
}

/** An event as the provider knows it. */
export interface SentEvent {
  readonly id: string;
  /** What its record's partition key is. */
  readonly key: string;
  /** Where its record belongs. */
  readonly topic: string;
  /** From 1 within the key; an event is sent when the one before it is acknowledged. */
  readonly seq: number;
  /** SHA-256 of the body. */
  readonly digest: string;
  /** When it was to be sent, whatever kept it from it. */
  readonly dueAt: number;
  readonly attempts: Attempt[];
}

/** The statuses with which the gateway answers 200. */
export const taken: ReadonlySet<string> = new Set(['accepted', 'spooled', 'duplicate', 'dead_lettered']);

/** The attempt that was answered with 200, after which the provider forgets the event. */
export function findAcknowledgement({ attempts }: SentEvent): Attempt | undefined {
  const last = attempts.at(-1);
  return last !== undefined && taken.has(last.result) ? last : undefined;
}

/** How many attempts had each result. */
export function countResults(events: Iterable<SentEvent>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { attempts } of events) {
    for (const { result } of attempts) counts.set(result, (counts.get(result) ?? 0) + 1);
  }
  return counts;
}
