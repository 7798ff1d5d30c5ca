/** Something in a line. */
export interface Lined {
  /** Where it stands; the line's own. */
  place?: number;
}

/**
 * What is under way, in the order in which it came; it may leave in any order. A `Set` does the same, at a price: things come
 * and go, so its table is replaced again and again, and each table refers to the next. Once V8 takes one for old, all
 * that follow grow old with what was in them, bodies of webhooks included: that is an eighth of the CPU and 50 MiB.
 */
export class InFlightList<Item extends Lined> {
  #items: (Item | undefined)[] = [];
  /** Place of the first of `#items`. */
  #start = 0;
  /** How many at the front have left. */
  #gone = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): Item | undefined {
    return this.#items[this.#gone];
  }

  add(item: Item): void {
    item.place = this.#start + this.#items.length;
    this.#items.push(item);
    this.#size++;
  }

  /** Nothing, where it isn't in the line. */
  delete(item: Item): void {
    const index = (item.place ?? -1) - this.#start;
    if (this.#items[index] !== item) return;
    this.#items[index] = undefined;
    this.#size--;
    while (this.#gone < this.#items.length && this.#items[this.#gone] === undefined) this.#gone++;
    if (this.#gone * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#gone);
      this.#start += this.#gone;
      this.#gone = 0;
    }
  }

  /** Takes all of them, the first one first. */
  clear(): readonly Item[] {
    const all = this.#items.filter((item) => item !== undefined);
    this.#start += this.#items.length;
    this.#items = [];
    this.#gone = 0;
    this.#size = 0;
    return all;
  }
}
