import type { PluginDeclaration, UnconfirmedDeclaration } from './declaration.js';

const noSource = 'No source is about it.';
/** A safe default: an event is at worst published twice. */
const sameBytes =
  'No source is about it, so only the same bytes are taken for a repetition: in doubt an event is published twice, never lost.';

/** What of a plugin nobody has confirmed: what it names itself, and what none of its sources is about. */
export function listUnconfirmed(declaration: PluginDeclaration): readonly UnconfirmedDeclaration[] {
  const { sources = [], unconfirmed = [], answer, handshakes, eventTypes, dedupe } = declaration;
  const told = new Set([...sources, ...unconfirmed].flatMap(({ about }) => about));
  const untold = (parts: { readonly [name: string]: unknown }): readonly string[] =>
    Object.keys(parts).filter((part) => parts[part] !== undefined && !told.has(part));
  const silent = (about: readonly string[], why: string) => (about.length === 0 ? [] : [{ about, why }]);
  return [
    ...unconfirmed,
    ...silent(untold({ signature: true, answer, handshakes, eventTypes }), noSource),
    ...silent(untold({ id: true, retries: true }), dedupe?.by === 'id' ? noSource : sameBytes),
  ];
}
