/** Fewer characters than that are no terminal that anything was laid out for. */
const narrowest = 20;

/**
 * Characters of a line: what COLUMNS says, else the terminal's width. Undefined where output goes into a pipe or a file:
 * then a row stays on its line, whatever its length.
 */
export function terminalWidth(
  stream: { readonly isTTY?: boolean; readonly columns?: number } = process.stdout,
  { COLUMNS }: { readonly [name: string]: string | undefined } = process.env,
): number | undefined {
  const named = Number(COLUMNS);
  if (Number.isInteger(named) && named >= narrowest) return named;
  return stream.isTTY && stream.columns !== undefined && stream.columns > 0
    ? Math.max(narrowest, stream.columns)
    : undefined;
}

const green = 32;
const yellow = 33;
const red = 31;

/** Outcome → the number of its colour (ECMA-48, SGR). */
const colours: { readonly [word: string]: number } = {
  accepted: green,
  published: green,
  duplicate: green,
  handshake: green,
  ready: green,
  proven: green,
  YES: green,
  spooled: yellow,
  parked: yellow,
  unproven: yellow,
  dismissed: yellow,
  partly: yellow,
  UNKNOWN: yellow,
  dead_lettered: red,
  refused: red,
  unavailable: red,
  error: red,
  closed: red,
  STOPPED: red,
  NO: red,
};

/** As words of their own: `charge.refused` is not an outcome. */
const words = new RegExp(`(?<![\\w.$/-])(${Object.keys(colours).join('|')})(?![\\w./-])`, 'g');

/** The same text with its outcome words in colours, which take no room. */
export function paintOutcomes(text: string): string {
  return text.replace(words, (word) => `\u001b[${colours[word] ?? 0}m${word}\u001b[0m`);
}

/** Whether the stream shows colours; NO_COLOR (https://no-color.org) and what is not a terminal have none. */
export function hasColours(stream: { readonly isTTY?: boolean; hasColors?(): boolean } = process.stdout): boolean {
  return stream.isTTY === true && stream.hasColors?.() === true;
}
