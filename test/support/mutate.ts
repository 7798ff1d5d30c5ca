import { type Document, isAlias, isCollection, isMap, isSeq, parseDocument, stringify } from 'yaml';

/** Whole numbers below a limit, the same ones for the same seed (mulberry32). */
export type Dice = (limit: number) => number;

export function createDice(seed: number): Dice {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

function pick<T>(dice: Dice, list: readonly [T, ...T[]]): T {
  return list[dice(list.length)] ?? list[0];
}

function variable(inner: string): string {
  return `\${${inner}}`;
}

const tokens = [
  ...[
    '&a ',
    '*a',
    '<<: *a',
    '!!binary ',
    '!x ',
    '? ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '|',
    '>',
    '#',
    ': ',
    ',',
    '%',
  ],
  ...[
    '\t',
    '\n',
    '\r\n',
    '\u0000',
    '\ufeff',
    '\ud800',
    '\u2028',
    '---\n',
    '...\n',
    '\u007f',
    variable('X'),
    variable('X:-1'),
    'null',
    '~',
    '=',
    '@',
  ],
] as const;
const values = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1,
    1.5,
    1e308,
    2 ** 53,
    '',
    ' ',
    'x',
    '*',
    '**',
    '.',
    '..',
    '/',
    '/health',
    '/a//b',
    '/x/../y',
  ],
  ...[
    'x'.repeat(2000),
    '1'.repeat(400),
    '999999999h',
    '0s',
    '1ms',
    '0.0.0.0:99999',
    '[::1]:0',
    'auto',
    '1KiB',
    '$',
    '$$',
    '(',
    'a.b[0]',
  ],
  ...[
    '$sum(a',
    '/(a+)+$/',
    '$f()',
    'toString',
    '__proto__',
    'constructor',
    variable('PLAIN'),
    variable('ACME_SECRET'),
    variable('NOTHING'),
    variable('NOTHING:-'),
    'acme',
  ],
  ...[
    '{raw}',
    '{header.x}',
    '{json:/id}',
    '{',
    '2030-01-01T00:00:00Z',
    '2020-01-01T00:00:00Z',
    'off',
    'error',
    'webhooks.*',
    '\u0000',
    '💥',
  ],
  ...[[], {}, [[]], [null], { a: { b: {} } }, { env: 'ACME_SECRET' }, { file: 'plugins' }, Array(50).fill('x')],
] as const;

const textual: readonly [Mutation, ...Mutation[]] = [
  (text, dice) => text.slice(0, dice(text.length + 1)),
  (text, dice) => text.slice(dice(text.length + 1)),
  (text, dice) => splice(text, dice, 0, pick(dice, tokens)),
  (text, dice) => splice(text, dice, 1 + dice(12), ''),
  (text, dice) => splice(text, dice, 1, String.fromCharCode(dice(0x250))),
  (text, dice) => splice(text, dice, 1 + dice(6), pick(dice, tokens)),
  (text, dice) => onLines(text, dice, (lines, at) => lines.toSpliced(at, 1)),
  (text, dice) => onLines(text, dice, (lines, at) => lines.toSpliced(at, 0, lines[at] ?? '')),
  (text, dice) => onLines(text, dice, (lines, at) => lines.with(at, ` ${lines[at]}`)),
  (text, dice) => onLines(text, dice, (lines, at) => lines.with(at, (lines[at] ?? '').replace(/^ {1,2}/, ''))),
  (text, dice) => onLines(text, dice, (lines, at) => lines.toSpliced(at, 2, lines[at + 1] ?? '', lines[at] ?? '')),
  (text, dice) => text + bomb(2 + dice(30)),
  (text, dice) => `${text}\n# ${'x'.repeat(dice(2000))}`,
];

type Mutation = (text: string, dice: Dice) => string;

/** A YAML text with one to three faults, or changes that are none, of what it says and then of the text. */
export function mutate(text: string, dice: Dice): string {
  const times = 1 + dice(3);
  const below = Array.from({ length: times }, () => dice(5) < 3).filter((tree) => tree).length;
  let result = below === 0 ? text : mutateTree(text, below, dice);
  for (let left = times - below; left > 0; left--) result = pick(dice, textual)(result, dice);
  return result;
}

function splice(text: string, dice: Dice, remove: number, insert: string): string {
  const at = dice(text.length + 1);
  return text.slice(0, at) + insert + text.slice(at + remove);
}

function onLines(text: string, dice: Dice, change: (lines: string[], at: number) => string[]): string {
  const lines = text.split('\n');
  return change(lines, dice(lines.length)).join('\n');
}

/** Aliases that multiply with every line. */
function bomb(levels: number): string {
  const lines = Array.from({ length: levels }, (_, level) => {
    const below = level === 0 ? 'x' : `*l${level - 1}`;
    return `b${level}: &l${level} [${below}, ${below}]`;
  });
  return `\n${lines.join('\n')}\n`;
}

function mutateTree(text: string, times: number, dice: Dice): string {
  const document = parseDocument(text, { logLevel: 'silent', prettyErrors: false });
  if (document.errors.length > 0 || !isCollection(document.contents)) return text;
  for (let left = times; left > 0; left--) mutateNode(document, dice);
  try {
    return document.toString({ lineWidth: 0 });
  } catch {
    return stringify(pick(dice, values));
  }
}

/** Drops, repeats, renames or replaces something at a place in the tree. */
function mutateNode(document: Document, dice: Dice): void {
  let holder: unknown = document.contents;
  for (let depth = dice(6); depth > 0 && isCollection(holder); depth--) {
    const below: unknown = isMap(holder)
      ? holder.items[dice(holder.items.length)]?.value
      : holder.items[dice(holder.items.length)];
    if (isCollection(below) && below.items.length > 0) holder = below;
  }
  if (!isCollection(holder) || isAlias(holder) || holder.items.length === 0) return;
  const at = dice(holder.items.length);
  const value = document.createNode(pick(dice, values));
  const what = dice(4);
  if (what === 0) holder.items.splice(at, 1);
  else if (isMap(holder)) {
    const pair = holder.items[at];
    if (what === 1)
      holder.items.push(
        document.createPair(pick(dice, ['lint', 'kafka', 'server', 'x', 'when', 'key', '__proto__', 'env']), value),
      );
    else if (what === 2) holder.items.splice(at, 1, document.createPair(`${pair?.key}x`, pair?.value));
    else if (pair !== undefined) pair.value = value;
  } else if (isSeq(holder)) {
    if (what === 1) holder.items.push(holder.items[at]);
    else holder.items.splice(at, 1, value);
  }
}
