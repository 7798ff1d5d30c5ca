const interval = 5_000;
const minute = 60_000;

export interface MemorySummary {
  /** MiB, the median of a minute each. */
  readonly firstMinute: number;
  readonly lastMinute: number;
  readonly most: number;
}

/** Looks at the gateway's memory now and then. */
export class MemorySampler {
  readonly #samples: { readonly at: number; readonly mib: number }[] = [];
  readonly #timer: NodeJS.Timeout;

  /** `measure`: MiB; 0 while there is no gateway. */
  constructor(measure: () => number) {
    this.#timer = setInterval(() => {
      const mib = measure();
      if (mib > 0) this.#samples.push({ at: Date.now(), mib });
    }, interval);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  summarize(): MemorySummary {
    const from = this.#samples.at(0)?.at ?? 0;
    const to = this.#samples.at(-1)?.at ?? 0;
    const all = this.#samples.map(({ mib }) => mib);
    return {
      firstMinute: median(this.#samples.filter(({ at }) => at < from + minute).map(({ mib }) => mib)),
      lastMinute: median(this.#samples.filter(({ at }) => at > to - minute).map(({ mib }) => mib)),
      most: Math.round(Math.max(0, ...all)),
    };
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return Math.round(sorted[sorted.length >> 1] ?? 0);
}
