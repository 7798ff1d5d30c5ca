import type { Delivery, Endpoint, Expectation, KafkaRecord, Placement, Publisher, Spooled } from '../../core/model.js';
import { type EventStatus, outcomeOf, outcomeOfRefusal, statusOfEvent } from '../../core/outcome.js';
import type { Outcome } from '../../core/pipeline.js';
import type { Rejection } from '../../core/rejection.js';
import type { DeliveryOutcome } from '../../inspector/contract.js';
import { Histogram } from './histogram.js';
import type { Reading } from './metrics.js';

const nothingYet: { readonly [outcome in DeliveryOutcome]: number } = {
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

interface Counts {
  /** An object, not a map: a thousand endpoints of those don't stay in the CPU's caches. */
  readonly outcomes: { [outcome in DeliveryOutcome]: number };
  readonly events: { [status in EventStatus]: number };
  /** Events whose id was known with other content. */
  readonly reused: { published: number; duplicate: number };
  /** Events of a type that the provider's list lacks. */
  unknownTypes: number;
  readonly reasons: Map<string, number>;
  /** Unproven deliveries without a dead letter. */
  dropped: number;
  /** What `protect` and `panGuard` have found. */
  readonly found: { cards: number; values: number };
  /** Secret → when it last proved a delivery, in milliseconds since the epoch. */
  readonly secrets: Map<string, number>;
  /** When an event last came that was published, or known already; 0: never. */
  lastEvent: number;
  /** Expectation, by its events → when the last of them came. */
  readonly expected: Map<string, number>;
  readonly requests: Histogram;
}

/** Counts while the gateway serves; what it has counted is put together only when somebody asks. */
export class Meter {
  readonly #endpoints = new Map<string, Counts>();
  readonly #publishes = new Histogram('gateway_publish_seconds');

  /** Of a delivery that came to an end. `startedAt`: milliseconds of `performance.now()`. */
  outcome({ name, provider, expect }: Endpoint, { receivedAt }: Delivery, outcome: Outcome, startedAt: number): void {
    const counts = this.#countsOf(name);
    const { outcomes, events, reused, reasons, secrets } = counts;
    const kind = outcomeOf(outcome);
    outcomes[kind]++;
    if (kind === 'unproven' && outcome.letter === undefined) counts.dropped++;
    for (const { code } of outcome.rejected) increment(reasons, code);
    countEvents(outcome, events, reused);
    counts.unknownTypes += countUnknown(provider, outcome);
    if (outcome.protected !== undefined) {
      counts.found.cards += outcome.protected.cards;
      counts.found.values += outcome.protected.values;
    }
    if (outcome.secret !== undefined) secrets.set(outcome.secret, receivedAt);
    if (outcome.accepted.length > 0) counts.lastEvent = receivedAt;
    if (expect !== undefined) noteExpected(expect, outcome.accepted, counts.expected, receivedAt);
    counts.requests.observe(performance.now() - startedAt);
  }

  /** Of a request that was not taken. `endpoint`: none has its path. */
  rejection(endpoint: string | undefined, { code, status }: Rejection): void {
    const { outcomes, reasons } = this.#countsOf(endpoint ?? '');
    outcomes[outcomeOfRefusal({ status })]++;
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
    // By name: a publisher may be of a class, and spreading would lose its methods.
    return {
      publish,
      ready: () => publisher.ready(),
      connected: () => publisher.connected(),
      close: () => publisher.close(),
    };
  }

  readings(): readonly Reading[] {
    return [...this.#count(), ...this.#publishes.readings()];
  }

  *#count(): Generator<Reading> {
    for (const [endpoint, counts] of this.#endpoints) {
      const {
        outcomes,
        events,
        reused,
        unknownTypes,
        reasons,
        dropped,
        found,
        secrets,
        lastEvent,
        expected,
        requests,
      } = counts;
      for (const [outcome, value] of Object.entries(outcomes)) {
        if (value > 0) yield { metric: 'gateway_deliveries_total', labels: { endpoint, outcome }, value };
      }
      for (const [outcome, value] of Object.entries(events)) {
        if (value > 0) yield { metric: 'gateway_events_total', labels: { endpoint, outcome }, value };
      }
      for (const [outcome, value] of Object.entries(reused)) {
        if (value > 0) yield { metric: 'gateway_event_id_reused_total', labels: { endpoint, outcome }, value };
      }
      if (unknownTypes > 0) yield { metric: 'gateway_unknown_types_total', labels: { endpoint }, value: unknownTypes };
      for (const [reason, value] of reasons) {
        yield { metric: 'gateway_rejections_total', labels: { endpoint, reason }, value };
      }
      if (dropped > 0) yield { metric: 'gateway_unverified_dropped_total', labels: { endpoint }, value: dropped };
      if (found.cards > 0) yield { metric: 'gateway_card_numbers_total', labels: { endpoint }, value: found.cards };
      if (found.values > 0)
        yield { metric: 'gateway_protected_values_total', labels: { endpoint }, value: found.values };
      for (const [secret, at] of secrets) {
        yield { metric: 'gateway_secret_last_used_timestamp_seconds', labels: { endpoint, secret }, value: at / 1000 };
      }
      if (lastEvent > 0) {
        yield { metric: 'gateway_last_event_timestamp_seconds', labels: { endpoint }, value: lastEvent / 1000 };
      }
      for (const [events, at] of expected) {
        const labels = { endpoint, events };
        yield { metric: 'gateway_expected_events_last_timestamp_seconds', labels, value: at / 1000 };
      }
      if (requests.count > 0) yield* requests.readings();
    }
  }

  #countsOf(endpoint: string): Counts {
    const known = this.#endpoints.get(endpoint);
    if (known !== undefined) return known;
    const counts: Counts = {
      outcomes: { ...nothingYet },
      events: { accepted: 0, spooled: 0, duplicate: 0, dead_lettered: 0 },
      reused: { published: 0, duplicate: 0 },
      unknownTypes: 0,
      reasons: new Map(),
      dropped: 0,
      found: { cards: 0, values: 0 },
      secrets: new Map(),
      lastEvent: 0,
      expected: new Map(),
      requests: new Histogram('gateway_request_seconds', { endpoint }),
    };
    this.#endpoints.set(endpoint, counts);
    return counts;
  }
}

function countUnknown({ knowsType }: Endpoint['provider'], { accepted }: Outcome): number {
  if (knowsType === undefined) return 0;
  return accepted.reduce((all, { event, duplicate }) => all + Number(!duplicate && !knowsType(event.type)), 0);
}

function countEvents({ accepted, rejected }: Outcome, events: Counts['events'], reused: Counts['reused']): void {
  for (const each of accepted) {
    events[statusOfEvent(each)]++;
    if (each.contentDiffers) reused[each.duplicate ? 'duplicate' : 'published']++;
  }
  for (const { stage } of rejected) if (stage !== 'verify') events.dead_lettered++;
}

function noteExpected(
  expect: readonly Expectation[],
  accepted: Outcome['accepted'],
  expected: Counts['expected'],
  at: number,
): void {
  for (const { events, matches } of expect) {
    if (accepted.some(({ event }) => matches(event.type))) expected.set(events, at);
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function ignore(): void {}
