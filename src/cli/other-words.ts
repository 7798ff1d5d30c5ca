/** What other tools call a command: Stripe CLI, Hookdeck, Svix, Convoy, Vector, Redpanda, kubectl. */
const words: { readonly [word: string]: string | undefined } = {
  listen: 'dev',
  develop: 'dev',
  trigger: 'simulate send',
  send: 'simulate send',
  fixtures: 'simulate list',
  load: 'simulate generate',
  tail: 'tap',
  logs: 'tap',
  consume: 'tap',
  validate: 'lint-config',
  lint: 'lint-config',
  check: 'lint-config',
  replay: 'dlq replay',
  retry: 'dlq replay',
  dismiss: 'dlq dismiss',
  run: 'start',
  serve: 'start',
  up: 'start',
  search: 'find',
  events: 'find',
  monitor: 'top',
  stats: 'top',
  health: 'status',
  diff: 'config diff',
  providers: 'plugins list',
  sources: 'plugins list',
  new: 'plugins new',
  playground: 'eval',
};

/** `args`: as they were typed. Undefined: the first of them is no such word, or its command is not among those of `known`. */
export function translate(
  [word = '', ...args]: readonly string[],
  known: readonly string[],
): { readonly word: string; readonly command: string; readonly args: readonly string[] } | undefined {
  const command = Object.hasOwn(words, word) ? words[word] : undefined;
  return command !== undefined && known.includes(command) ? { word, command, args } : undefined;
}
