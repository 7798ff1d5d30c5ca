import type { Provider, Route, Rule } from '../../core/model.js';

/**
 * Request headers, lower-case, that decide an event's id, its type or its route and that the signature does not cover:
 * anyone who sees a delivery can send it again with others.
 */
export function unsignedHeaders({ event, scheme }: Provider, routes: readonly Route[]): readonly string[] {
  const deciding: readonly (Rule | undefined)[] = [
    event.id,
    event.type,
    ...routes.flatMap(({ when, key }) => [when, key]),
  ];
  const read = deciding.flatMap((rule) => rule?.headers ?? []);
  return [...new Set(read)].filter((name) => !scheme.signedHeaders.includes(name));
}
