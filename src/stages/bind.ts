import type { Bindings, Delivery, Endpoint, HeaderValues, Item } from '../model.js';

/** What rules see beside the payload. The headers are joined when the first rule asks for them: most never do. */
export function bind(endpoint: Endpoint, delivery: Delivery, item: Item): Bindings {
  return new BoundItem(endpoint, delivery.headers, item);
}

class BoundItem implements Bindings {
  readonly endpoint: Bindings['endpoint'];
  readonly #values: HeaderValues;
  readonly #item: Item;
  #joined: Bindings['headers'] | undefined;

  constructor({ name, path }: Endpoint, values: HeaderValues, item: Item) {
    this.endpoint = { name, path };
    this.#values = values;
    this.#item = item;
  }

  get headers(): Bindings['headers'] {
    this.#joined ??= Object.fromEntries(
      Object.entries(this.#values).map(([key, values]) => [key, values?.join(', ') ?? '']),
    );
    return this.#joined;
  }

  get digest(): string {
    return this.#item.digest.toString('hex');
  }

  get exact(): unknown {
    return this.#item.exact;
  }
}
