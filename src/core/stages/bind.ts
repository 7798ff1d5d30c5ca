import type { Bindings, Delivery, Endpoint, HeaderValues, Item } from '../model.js';

/** What rules see beside the payload. The headers are joined when the first rule asks for them: most never do. */
export function bind(endpoint: Endpoint, delivery: Delivery, item: Item): Bindings {
  return new BoundItem(endpoint, delivery, item);
}

class BoundItem implements Bindings {
  readonly endpoint: Bindings['endpoint'];
  readonly deliveryId: string;
  readonly #values: HeaderValues;
  readonly #item: Item;
  #joined: Bindings['headers'] | undefined;

  constructor({ name, path }: Endpoint, { id, headers }: Delivery, item: Item) {
    this.endpoint = { name, path };
    this.deliveryId = id;
    this.#values = headers;
    this.#item = item;
  }

  get headers(): Bindings['headers'] {
    this.#joined ??= Object.fromEntries(
      Object.entries(this.#values).map(([key, values]) => [key, values?.join(', ') ?? '']),
    );
    return this.#joined;
  }

  get digest(): string {
    return Buffer.from(this.#item.digest, 'base64').toString('hex');
  }

  get exact(): unknown {
    return this.#item.exact;
  }
}
