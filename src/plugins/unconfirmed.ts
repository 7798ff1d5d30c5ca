import type { PluginDeclaration, UnconfirmedDeclaration } from './declaration.js';

/** What every plugin says, and what only some do: without a source it is not confirmed. */
const always = ['signature', 'id', 'retries'];
const whereDeclared = ['answer', 'handshakes', 'eventTypes'] as const;

/** What of a plugin nobody has confirmed: what it names itself, and what none of its sources is about. */
export function listUnconfirmed(declaration: PluginDeclaration): readonly UnconfirmedDeclaration[] {
  const { sources = [], unconfirmed = [] } = declaration;
  const told = new Set([...sources, ...unconfirmed].flatMap(({ about }) => about));
  const wanted = [...always, ...whereDeclared.filter((part) => declaration[part] !== undefined)];
  const silent = wanted.filter((part) => !told.has(part));
  if (silent.length === 0) return unconfirmed;
  return [...unconfirmed, { about: silent, why: 'No source is about it.' }];
}
