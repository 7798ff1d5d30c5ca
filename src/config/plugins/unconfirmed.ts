import type { PluginDeclaration, UnconfirmedDeclaration } from './declaration.js';

const noSource = 'No source is about it.';
/**
 * What of a plugin nobody has confirmed: what it names itself, and what none of its sources is about. Not the id and the
 * retries where only the same bytes are a repetition: that asserts nothing of the provider, and at worst an event is published
 * twice.
 */
export function listUnconfirmed(declaration: PluginDeclaration): readonly UnconfirmedDeclaration[] {
  const { sources = [], unconfirmed = [], answer, handshakes, eventTypes, dedupe } = declaration;
  const told = new Set([...sources, ...unconfirmed].flatMap(({ about }) => about));
  const untold = (parts: { readonly [name: string]: unknown }): readonly string[] =>
    Object.keys(parts).filter((part) => parts[part] !== undefined && !told.has(part));
  const silent = (about: readonly string[], why: string) => (about.length === 0 ? [] : [{ about, why }]);
  return [
    ...unconfirmed,
    ...silent(untold({ signature: true, answer, handshakes, eventTypes }), noSource),
    ...(dedupe?.by === 'id' ? silent(untold({ id: true, retries: true }), noSource) : []),
  ];
}
