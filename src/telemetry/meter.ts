import type { Delivery, Endpoint, KafkaRecord, Placement, Publisher, Spooled } from '../model.js';
import type { Outcome } from '../pipeline.js';
import type { Rejection } from '../rejection.js';
import { Histogram } from './histogram.js';
import type { Reading } from './metrics.js';

/** Every outcome, in the order in which they are told. */
const nothingYet = {
  accepted: 0,
  spooled: 0,
  duplicate: 0,
  dead_lettered: 0,
  unproven: 0,
  handshake: 0,
  refused: 0,
  unavailable: 0,
  error: 0,
};

type Kind = keyof typeof nothingYet;

interface Counts {
  /** An object, not a map: a thousand endpoints of those don't stay in the CPU's caches. */
  readonly outcomes: { [kind in Kind]: number };
  readonly reasons: Map<string, number>;
  /** Secret → when it last proved a delivery, in milliseconds since the epoch. */
  readonly secrets: Map<string, number>;
}

/** Counts while the gateway serves; what it has counted is put together only when somebody asks. */
export class Meter {
  readonly #endpoints = new Map<string, Counts>();
  readonly #requests = new Histogram('gateway_request_seconds');
  readonly #publishes = new Histogram('gateway_publish_seconds');

  /** Of a delivery that came to an end. `startedAt`: milliseconds of `performance.now()`. */
  outcome({ name }: Endpoint, { receivedAt }: Delivery, outcome: Outcome, startedAt: number): void {
    const { outcomes, reasons, secrets } = this.#countsOf(name);
    outcomes[kindOf(outcome)]++;
    for (const { code } of outcome.rejected) increment(reasons, code);
    if (outcome.secret !== undefined) secrets.set(outcome.secret, receivedAt);
    this.#requests.observe(performance.now() - startedAt);
  }

  /** Of a request that was not taken. `endpoint`: none has its path. */
  rejection(endpoint: string | undefined, { code, status }: Rejection): void {
    const { outcomes, reasons } = this.#countsOf(endpoint ?? '');
    outcomes[status === 503 ? 'unavailable' : 'refused']++;
    increment(reasons, code);
  }

  bug(endpoint: string | undefined): void {
    this.#countsOf(endpoint ?? '').outcomes.error++;
  }

  /** The same publisher, timed. */
  time(publisher: Publisher): Publisher {
    const publish = (record: KafkaRecord): Promise<Placement | Spooled> => {
      const startedAt = performance.now();
      const published = publisher.publish(record);
      published.then(() => this.#publishes.observe(performance.now() - startedAt), ignore);
      return published;
    };
    return { ...publisher, publish };
  }

  readings(): readonly Reading[] {
    return [...this.#count(), ...this.#requests.readings(), ...this.#publishes.readings()];
  }

  *#count(): Generator<Reading> {
    for (const [endpoint, { outcomes, reasons, secrets }] of this.#endpoints) {
      for (const [outcome, value] of Object.entries(outcomes)) {
        if (value > 0) yield { metric: 'gateway_deliveries_total', labels: { endpoint, outcome }, value };
      }
      for (const [reason, value] of reasons) {
        yield { metric: 'gateway_rejections_total', labels: { endpoint, reason }, value };
      }
      for (const [secret, at] of secrets) {
        yield { metric: 'gateway_secret_last_used_timestamp_seconds', labels: { endpoint, secret }, value: at / 1000 };
      }
    }
  }

  #countsOf(endpoint: string): Counts {
    const known = this.#endpoints.get(endpoint);
    if (known !== undefined) return known;
    const counts: Counts = { outcomes: { ...nothingYet }, reasons: new Map(), secrets: new Map() };
    this.#endpoints.set(endpoint, counts);
    return counts;
  }
}

function kindOf({ accepted, rejected, handshake }: Outcome): Kind {
  if (handshake !== undefined) return 'handshake';
  const [first] = accepted;
  if (first === undefined) {
    const [rejection] = rejected;
    if (rejection === undefined) return 'accepted';
    return rejection.stage === 'verify' ? 'unproven' : 'dead_lettered';
  }
  if (accepted.some(({ placement, duplicate }) => !duplicate && 'spooled' in placement)) return 'spooled';
  return accepted.every(({ duplicate }) => duplicate) ? 'duplicate' : 'accepted';
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function ignore(): void {}
