import type { Bindings, Delivery, Endpoint, HeaderValues } from '../model.js';

/** What rules see beside the payload. The headers are joined when the first rule asks for them: most never do. */
export function bind(endpoint: Endpoint, delivery: Delivery): Bindings {
  return new BoundDelivery(endpoint, delivery.headers);
}

class BoundDelivery implements Bindings {
  readonly endpoint: Bindings['endpoint'];
  readonly #values: HeaderValues;
  #joined: Bindings['headers'] | undefined;

  constructor({ name, path }: Endpoint, values: HeaderValues) {
    this.endpoint = { name, path };
    this.#values = values;
  }

  get headers(): Bindings['headers'] {
    this.#joined ??= Object.fromEntries(
      Object.entries(this.#values).map(([key, values]) => [key, values?.join(', ') ?? '']),
    );
    return this.#joined;
  }
}
