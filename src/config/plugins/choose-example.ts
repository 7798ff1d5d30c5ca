import type { Route } from '../../core/model.js';

/** One of the first route that has any. */
export function chooseExample<Of extends { readonly type: string }>(
  routes: readonly Route[],
  examples: readonly Of[],
): Of | undefined {
  const meant = routes
    .filter(({ events }) => events !== undefined)
    .map((route) => examples.find(({ type }) => route.matches(type)))
    .find((example) => example !== undefined);
  return meant ?? examples[0];
}
