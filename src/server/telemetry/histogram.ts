import type { MetricName, Reading } from './metrics.js';

/** Upper bounds in milliseconds. */
const bounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/** Counts times in a few buckets. */
export class Histogram {
  readonly #metric: MetricName;
  readonly #labels: Reading['labels'];
  readonly #counts = new Float64Array(bounds.length + 1);
  #sum = 0;

  constructor(metric: MetricName, labels: Reading['labels'] = {}) {
    this.#metric = metric;
    this.#labels = labels;
  }

  observe(milliseconds: number): void {
    let bucket = 0;
    while (bucket < bounds.length && milliseconds > (bounds[bucket] ?? 0)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += milliseconds;
  }

  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count);
  }

  /** In seconds, as Prometheus wants it: each bucket has all below it, too. */
  readings(): readonly Reading[] {
    const metric = this.#metric;
    const labels = this.#labels;
    let count = 0;
    const buckets = [...bounds.map((bound) => String(bound / 1000)), '+Inf'].map((le, index): Reading => {
      count += this.#counts[index] ?? 0;
      return { metric, part: 'bucket', labels: { ...labels, le }, value: count };
    });
    return [
      ...buckets,
      { metric, part: 'sum', labels, value: this.#sum / 1000 },
      { metric, part: 'count', labels, value: count },
    ];
  }
}
