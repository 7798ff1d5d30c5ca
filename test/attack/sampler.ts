import type { GatewayProcess } from './gateway.js';

const interval = 250;

/** Looks at the gateway's memory and descriptors four times a second. */
export class Sampler {
  mostDescriptors = 0;
  readonly #memory: number[] = [];
  readonly #gateway: GatewayProcess;
  readonly #timer: NodeJS.Timeout;
  readonly #firstDescriptors: number;
  #lastDescriptors = 0;
  readonly firstMemory: number;

  constructor(gateway: GatewayProcess) {
    this.#gateway = gateway;
    this.firstMemory = gateway.memory();
    this.#firstDescriptors = gateway.descriptors();
    this.#timer = setInterval(() => this.#look(), interval);
  }

  get mostMemory(): number {
    return this.#memory.reduce((most, each) => Math.max(most, each), 0);
  }

  /** Medians of the second and of the last quarter of the time: what was warm already. */
  memoryGrowth(): number {
    const quarter = Math.floor(this.#memory.length / 4);
    return Math.round(median(this.#memory.slice(-quarter)) - median(this.#memory.slice(quarter, 2 * quarter)));
  }

  /** Files that were opened are not counted, as far as they are known: `files`. */
  descriptorsLeft(): number {
    return this.#lastDescriptors - this.#firstDescriptors;
  }

  /** When nobody is connected any more. `files`: how many more the gateway has open since the start. */
  stop(files: number): void {
    clearInterval(this.#timer);
    this.#lastDescriptors = this.#gateway.descriptors() - files;
  }

  #look(): void {
    if (this.#gateway.end !== undefined) return;
    this.#memory.push(this.#gateway.memory());
    this.mostDescriptors = Math.max(this.mostDescriptors, this.#gateway.descriptors());
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
