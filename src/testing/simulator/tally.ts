import { fieldsOf } from '../../util/values.js';
import type { SentAnswer } from './sender.js';

/** What became of a run's requests so far. Times in milliseconds; absent while nothing was answered. */
export interface SendSummary {
  readonly sent: number;
  /** Answered 2xx. */
  readonly accepted: number;
  /** Of these, how many say that they were dead-lettered. */
  readonly deadLettered: number;
  /** Answered otherwise, by status. */
  readonly rejected: { readonly [status: string]: number };
  /** Not answered, by reason. */
  readonly failed: { readonly [reason: string]: number };
  readonly milliseconds?: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
}

/** Counts the outcomes of a run. */
export class SendTally {
  #sent = 0;
  #accepted = 0;
  #deadLettered = 0;
  readonly #rejected = new Map<string, number>();
  readonly #failed = new Map<string, number>();
  readonly #times: number[] = [];

  begin(): void {
    this.#sent++;
  }

  answered({ status, body }: SentAnswer, milliseconds: number): void {
    this.#times.push(milliseconds);
    if (status < 200 || status >= 300) {
      count(this.#rejected, String(status));
      return;
    }
    this.#accepted++;
    if (isDeadLetter(body)) this.#deadLettered++;
  }

  failed(reason: string): void {
    count(this.#failed, reason);
  }

  /** True as long as requests fail and none has been answered. */
  get hopeless(): boolean {
    return this.#times.length === 0 && this.#failed.size > 0;
  }

  /** The counts without the times, which cost a sort. */
  counts(): SendSummary {
    return {
      sent: this.#sent,
      accepted: this.#accepted,
      deadLettered: this.#deadLettered,
      rejected: Object.fromEntries(this.#rejected),
      failed: Object.fromEntries(this.#failed),
    };
  }

  summary(): SendSummary {
    const sorted = this.#times.toSorted((a, b) => a - b);
    const at = (percent: number): number => Math.round((percentile(sorted, percent) ?? 0) * 10) / 10;
    if (sorted.length === 0) return this.counts();
    return { ...this.counts(), milliseconds: { p50: at(50), p95: at(95), p99: at(99), max: at(100) } };
  }
}

function isDeadLetter(body: unknown): boolean {
  return fieldsOf(body).status === 'dead_lettered';
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** The smallest of the values that is not below `percent` % of them (nearest rank); `undefined` of none. Sorted ascending. */
export function percentile(sorted: readonly number[], percent: number): number | undefined {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}
