/** Addresses that are counted at a time, and that a line names. */
const mostCounted = 100;
const mostNamed = 5;

/** Counts by whom something was caused. */
export class ClientNames {
  readonly #counts = new Map<string, number>();
  #others = 0;

  add(client: unknown): void {
    if (typeof client !== 'string' || client === '') return;
    const count = this.#counts.get(client);
    if (count === undefined && this.#counts.size >= mostCounted) this.#others++;
    else this.#counts.set(client, (count ?? 0) + 1);
  }

  /** Those who did it most often, with the count, as a field of the log; `others`: how often the rest did. */
  most(): { readonly clients?: { readonly [address: string]: number } } {
    if (this.#counts.size === 0) return {};
    const all = [...this.#counts].sort(([, a], [, b]) => b - a);
    const others = all.slice(mostNamed).reduce((sum, [, count]) => sum + count, this.#others);
    return { clients: Object.fromEntries([...all.slice(0, mostNamed), ...(others > 0 ? [['others', others]] : [])]) };
  }
}
