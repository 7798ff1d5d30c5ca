import type { Bindings, Delivery, Endpoint } from '../model.js';

/** What rules see beside the payload. The headers are joined when the first rule asks for them: most never do. */
export function bind({ name, path }: Endpoint, delivery: Delivery): Bindings {
  let joined: Bindings['headers'] | undefined;
  return {
    endpoint: { name, path },
    get headers() {
      joined ??= Object.fromEntries(
        Object.entries(delivery.headers).map(([key, values]) => [key, values?.join(', ') ?? '']),
      );
      return joined;
    },
  };
}
