import { listNodes } from './nodes.js';

type Span = readonly [number, number];

const opening = '([{';
const closing = ')]}';

/**
 * Characters [start, end) of the source that a node of its syntax tree takes, brackets around them included. JSONata itself
 * says only where one token of the node ends. Absent where no token of the node is found.
 */
export function spanOf(source: string, node: unknown): Span | undefined {
  const tokens = tokenize(source);
  const ends = new Set(listNodes(node).flatMap(({ position }) => (typeof position === 'number' ? [position] : [])));
  const first = tokens.findIndex(([, end]) => ends.has(end));
  let last = tokens.findLastIndex(([, end]) => ends.has(end));
  if (first === -1) return undefined;
  // What is opened within is closed within.
  for (let depth = 0, at = first; at < tokens.length && (at <= last || depth > 0); at++) {
    const [start] = tokens[at] ?? [0];
    if (opening.includes(source[start] ?? ' ')) depth++;
    if (closing.includes(source[start] ?? ' ')) depth--;
    last = Math.max(last, at);
  }
  return [tokens[first]?.[0] ?? 0, tokens[last]?.[1] ?? source.length];
}

const spaces = /(?:\s|\/\*[\s\S]*?\*\/)+/y;
const texts = /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|`[^`]*`/y;
const regexes = /\/(?:[^/\\]|\\[\s\S])+\/[im]*/y;
const operators = /:=|!=|>=|<=|\*\*|~>|\?:|\?\?|\.\.|[.[\]{}(),@#;:?+\-*/%|=<>^&!~]/y;
const words = /[^\s.[\]{}(),@#;:?+\-*/%|=<>^&!~"'`]+/y;

/** The tokens of JSONata, as far as it takes to know where each stands. */
function tokenize(source: string): readonly Span[] {
  const tokens: Span[] = [];
  let at = 0;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  while (at < source.length) {
    at += take(spaces)?.length ?? 0;
    if (at >= source.length) break;
    const text = take(texts) ?? (isPrefix(source, tokens.at(-1)) ? take(regexes) : undefined);
    const length = (text ?? take(words) ?? take(operators))?.length ?? 1;
    tokens.push([at, at + length]);
    at += length;
  }
  return tokens;
}

/** Where an operand can begin, a slash begins a regular expression. */
function isPrefix(source: string, previous: Span | undefined): boolean {
  if (previous === undefined) return true;
  const token = source.slice(...previous);
  return /^(?:[([{,;:?+\-*/%|=<>^&!~]|:=|!=|>=|<=|~>|and|or|in)$/.test(token);
}
