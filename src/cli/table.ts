import { printable } from '../util/printable.js';

export interface TableOptions {
  /** Characters of a line; absent: as many as it takes. */
  readonly width?: number | undefined;
  /** Headings of the columns whose cells may be shortened in the middle before anything is folded: ids that a prefix names, too. */
  readonly ids?: readonly string[];
  /** Headings of the columns that have RFC 3339 times, of which then year and milliseconds are left out. */
  readonly times?: readonly string[];
  /** Headings of the columns that are left out before rows become high or blocks, the first of them first. */
  readonly minor?: readonly string[];
}

const gap = 2;
/** Lines of a row, on average, over which minor columns make room for the others. */
const mostLines = 2;
/** Characters that a column keeps, if its cells have so many, and that are left of an id: `6f9619ff…64ff`. */
const leastWidth = 10;
const idWidth = 13;

/**
 * Rows as aligned columns under their headings, two spaces apart; line breaks in a cell become spaces. Where that is wider
 * than a line, ids and times are shortened, then the widest cells are folded within their columns; where rows
 * become high by that, minor columns are left out; where even that has no room, each row becomes a block with a line for each of its cells.
 */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  const whole = [headings, ...rows].map((row) =>
    headings.map((_, column) => printable((row[column] ?? '').replace(/\s+/g, ' '))),
  );
  const { width = Number.POSITIVE_INFINITY, minor = [] } = options;
  if (sum(widthsOf(whole)) <= roomFor(headings, width)) return layOut(whole, widthsOf(whole));
  const short = shortenAll(whole, options);
  let best: string | undefined;
  for (let left = 0; left <= minor.length; left++) {
    const kept = headings.flatMap((heading, column) => (minor.slice(0, left).includes(heading) ? [] : [column]));
    const table = short.map((row) => kept.map((column) => row[column] ?? ''));
    const folded = foldInto(table, roomFor(kept, width), options);
    if (folded === undefined) continue;
    if (best === undefined || countLines(folded) < countLines(best)) best = folded;
    if (countLines(folded) <= mostLines * table.length) break;
  }
  return best ?? stack(whole, width);
}

/** Undefined: there is no room for it. */
function foldInto(table: readonly (readonly string[])[], room: number, options: TableOptions): string | undefined {
  const natural = widthsOf(table);
  const least = natural.map((each, column) => leastOf(table[0]?.[column] ?? '', each, options));
  return sum(least) > room ? undefined : layOut(table, share(natural, least, room));
}

function countLines(text: string): number {
  return text.split('\n').length;
}

function roomFor({ length }: readonly unknown[], width: number): number {
  return width - gap * (length - 1);
}

function shortenAll(
  [headings = [], ...rows]: readonly (readonly string[])[],
  { ids = [], times = [] }: TableOptions,
): readonly (readonly string[])[] {
  const cell = (text: string, heading: string) =>
    ids.includes(heading) ? shorten(text) : times.includes(heading) ? shortenTime(text) : text;
  return [headings, ...rows.map((row) => row.map((text, column) => cell(text, headings[column] ?? '')))];
}

/** Ids and times are never folded: a part of one says nothing. */
function leastOf(heading: string, natural: number, { ids = [], times = [] }: TableOptions): number {
  if (ids.includes(heading) || times.includes(heading)) return natural;
  return Math.min(natural, Math.max(leastWidth, heading.length));
}

/** `2026-01-02T03:04:05.006Z` as `01-02 03:04:05Z`. */
function shortenTime(time: string): string {
  return time.replace(/^\d{4}-(\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/, '$1 $2Z');
}

/** An id of which its beginning and its end are left: `6f9619ff…64ff`. */
export function shorten(id: string, most = idWidth): string {
  if (id.length <= most) return id;
  const end = Math.floor((most - 1) / 3);
  return `${id.slice(0, most - 1 - end)}…${id.slice(-end)}`;
}

function widthsOf(rows: readonly (readonly string[])[]): readonly number[] {
  return (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** The largest cap on all columns with which they have room; what rounding leaves goes to those that are cut. */
function share(natural: readonly number[], least: readonly number[], room: number): readonly number[] {
  const capped = (cap: number) => natural.map((each, column) => Math.min(each, Math.max(cap, least[column] ?? 0)));
  let cap = 0;
  while (sum(capped(cap + 1)) <= room && cap < room) cap++;
  let left = room - sum(capped(cap));
  return capped(cap).map((each, column) => {
    if (left === 0 || each >= (natural[column] ?? 0)) return each;
    left--;
    return each + 1;
  });
}

function layOut(rows: readonly (readonly string[])[], widths: readonly number[]): string {
  return rows
    .flatMap((row) => {
      const folded = row.map((cell, column) => fold(cell, widths[column] ?? cell.length));
      const height = Math.max(...folded.map(({ length }) => length));
      return Array.from({ length: height }, (_, line) =>
        folded
          .map((lines, column) => (lines[line] ?? '').padEnd(widths[column] ?? 0))
          .join(' '.repeat(gap))
          .trimEnd(),
      );
    })
    .join('\n');
}

/** A block for each row, its headings at the left. */
function stack([headings = [], ...rows]: readonly (readonly string[])[], width: number): string {
  const label = Math.max(...headings.map(({ length }) => length)) + gap;
  return rows
    .map((row) =>
      headings
        .flatMap((heading, column) =>
          fold(row[column] ?? '', Math.max(leastWidth, width - label)).map((part, line) =>
            `${(line === 0 ? heading : '').padEnd(label)}${part}`.trimEnd(),
          ),
        )
        .join('\n'),
    )
    .join('\n\n');
}

/** A sentence as lines of at most so many characters (absent: one line), the second and the following ones indented. */
export function wrap(text: string, width = Number.POSITIVE_INFINITY, indent = gap): readonly string[] {
  const [first = '', ...more] = fold(text, width);
  if (more.length === 0) return [first];
  const rest = text.slice(first.length).trimStart();
  return [first, ...fold(rest, width - indent).map((line) => ' '.repeat(indent) + line)];
}

/** Lines of at most so many characters; it breaks behind spaces, else behind what separates the parts of a name, else anywhere. */
export function fold(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const head = rest.slice(0, width + 1);
    const space = head.lastIndexOf(' ');
    const part =
      Math.max(...['.', '/', '_', ',', '-', '@', '&'].map((each) => head.slice(0, width).lastIndexOf(each))) + 1;
    const end = space > 0 ? space : part > width / 3 ? part : width;
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}
